/* Numbers for measuring and, with -DSMALL, for tests that only compare output. */
#ifdef SMALL
#define SIZED(full, small) (small)
#else
#define SIZED(full, small) (full)
#endif
