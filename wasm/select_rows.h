/* insn.def for files that make something of a row only in some classes: INSN calls SELECT_<class>, and those that the includer
 * has not defined are empty. Nothing of it is left defined behind this. */
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
#include "insn.def"
#undef SELECT_CTL
#undef SELECT_UN
#undef SELECT_BINC
#undef SELECT_BIN
#undef SELECT_CMPI
#undef SELECT_CMPF
#undef SELECT_LOAD
#undef SELECT_STOREI
#undef SELECT_STOREF
#undef SELECT_ATOMIC
#undef SELECT_VUN
#undef SELECT_VBINC
#undef SELECT_VBIN
#undef SELECT_VTERN
#undef SELECT_VSHIFT
#undef SELECT_VSHUFFLE
#undef SELECT_VEXTRACT
#undef SELECT_VREPLACE
#undef SELECT_LANELOAD
#undef SELECT_LANESTORE
