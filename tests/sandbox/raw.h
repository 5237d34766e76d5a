/* System calls past every library: one instruction. */
#ifndef TEST_RAW_H
#define TEST_RAW_H

#include <stdint.h>

static long raw(long n, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
#else
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
#endif
}
#define L(x) (long)(intptr_t)(x)
#define RAW1(n, a) raw(n, L(a), 0, 0, 0, 0, 0)
#define RAW2(n, a, b) raw(n, L(a), L(b), 0, 0, 0, 0)
#define RAW3(n, a, b, c) raw(n, L(a), L(b), L(c), 0, 0, 0)
#define RAW4(n, a, b, c, d) raw(n, L(a), L(b), L(c), L(d), 0, 0)
#define RAW5(n, a, b, c, d, e) raw(n, L(a), L(b), L(c), L(d), L(e), 0)

#endif
