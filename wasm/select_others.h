/* Included before insn.def by files that make something of a row only in some classes: SELECT_<class> of all others is
 * empty. */
#if !defined(SELECT_CTL)
#define SELECT_CTL(...)
#endif
#if !defined(SELECT_UN)
#define SELECT_UN(...)
#endif
#if !defined(SELECT_BINC)
#define SELECT_BINC(...)
#endif
#if !defined(SELECT_BIN)
#define SELECT_BIN(...)
#endif
#if !defined(SELECT_CMPI)
#define SELECT_CMPI(...)
#endif
#if !defined(SELECT_CMPF)
#define SELECT_CMPF(...)
#endif
#if !defined(SELECT_LOAD)
#define SELECT_LOAD(...)
#endif
#if !defined(SELECT_STOREI)
#define SELECT_STOREI(...)
#endif
#if !defined(SELECT_STOREF)
#define SELECT_STOREF(...)
#endif
#if !defined(SELECT_ATOMIC)
#define SELECT_ATOMIC(...)
#endif
#if !defined(SELECT_VUN)
#define SELECT_VUN(...)
#endif
#if !defined(SELECT_VBINC)
#define SELECT_VBINC(...)
#endif
#if !defined(SELECT_VBIN)
#define SELECT_VBIN(...)
#endif
#if !defined(SELECT_VTERN)
#define SELECT_VTERN(...)
#endif
#if !defined(SELECT_VSHIFT)
#define SELECT_VSHIFT(...)
#endif
#if !defined(SELECT_VSHUFFLE)
#define SELECT_VSHUFFLE(...)
#endif
#if !defined(SELECT_VEXTRACT)
#define SELECT_VEXTRACT(...)
#endif
#if !defined(SELECT_VREPLACE)
#define SELECT_VREPLACE(...)
#endif
#if !defined(SELECT_LANELOAD)
#define SELECT_LANELOAD(...)
#endif
#if !defined(SELECT_LANESTORE)
#define SELECT_LANESTORE(...)
#endif
