/* Walking the parameter sequences of wasi.def and native.def with the C preprocessor.
 *
 * A sequence is  (F, RIGHTS, name) (P, kind, name) …  Two macros that name each other consume it item by item, and the
 * one left over at the end is pasted to _END, which expands to nothing:
 *
 *     #define PARAM_A(t, a, n) PARAM_##t(a, n) PARAM_B
 *     #define PARAM_B(t, a, n) PARAM_##t(a, n) PARAM_A
 *     #define PARAM_A_END
 *     #define PARAM_B_END
 *     #define PARAM_F(rights, n) , wasi_fd_t n
 *     #define PARAM_P(kind, n) KIND_##kind(PARAM, n)
 *
 *     #define WASI(name, seq) wasi_errno_t wasi_##name(wasi_ctx_t *ctx WASI_WALK(PARAM_A seq));
 *
 * PARAM is the reader's mode; KIND_fdflags(PARAM, n) then becomes PARAM_SCALAR(…) as kinds.def says. */
#ifndef WASI_SEQUENCE_H
#define WASI_SEQUENCE_H

#define WASI_WALK(...) WASI_WALK_(__VA_ARGS__)
#define WASI_WALK_(...) __VA_ARGS__##_END

#endif
