/* EACH_<class>: the forms of a class of instructions, in order (ir.h). No C in here: the assembler reads it, too. */
#ifndef WASIWARD_IR_FORMS_H
#define WASIWARD_IR_FORMS_H

#define EACH_UN(M, n) M(n##_SS) M(n##_SR) M(n##_RS) M(n##_RR)
#define EACH_BINC(M, n) \
	M(n##_SSS) M(n##_SSR) M(n##_SCS) M(n##_SCR) M(n##_RSS) M(n##_RSR) M(n##_RCS) M(n##_RCR)
#define EACH_BIN(M, n) EACH_BINC(M, n) M(n##_SRS) M(n##_SRR) M(n##_CSS) M(n##_CSR) M(n##_CRS) M(n##_CRR)
/* A comparison also comes as a branch (br_) taken when it holds, and as its backward variant. */
#define EACH_CMPI(M, n) \
	EACH_BINC(M, n) M(br_##n##_SS) M(br_##n##_SC) M(br_##n##_RS) M(br_##n##_RC) \
	M(br_loop_##n##_SS) M(br_loop_##n##_SC) M(br_loop_##n##_RS) M(br_loop_##n##_RC)
/* Floats cannot branch on the inverse comparison: brn_ is taken when the comparison does not hold. */
#define EACH_CMPF(M, n) \
	EACH_CMPI(M, n) M(brn_##n##_SS) M(brn_##n##_SC) M(brn_##n##_RS) M(brn_##n##_RC) \
	M(brn_loop_##n##_SS) M(brn_loop_##n##_SC) M(brn_loop_##n##_RS) M(brn_loop_##n##_RC)
/* Address and destination (a constant address is part of the offset); g: the general form for memories without guard
 * pages and memories other than the first. Fused with what computes the address: x adds two operands, y adds the second to
 * the first, which is shifted left by the binary logarithm of the access's size, z is y with a slot and a constant.
 * u: the address is the sum of a slot and a constant, which goes to a slot. */
#define EACH_LOAD(M, n) \
	M(n##_SS) M(n##_SR) M(n##_RS) M(n##_RR) M(n##_CS) M(n##_CR) M(n##_gSS) M(n##_gSR) M(n##_gRS) M(n##_gRR) \
	M(n##_xSSS) M(n##_xSSR) M(n##_xSCS) M(n##_xSCR) M(n##_xRSS) M(n##_xRSR) M(n##_xRCS) M(n##_xRCR) \
	M(n##_ySSS) M(n##_ySSR) M(n##_ySCS) M(n##_ySCR) M(n##_yRSS) M(n##_yRSR) M(n##_yRCS) M(n##_yRCR) \
	M(n##_zSSS) M(n##_zSSR) M(n##_zRSS) M(n##_zRSR) M(n##_uS) M(n##_uR)
/* Address and value. x: the address is a slot plus a constant. */
#define EACH_STOREI(M, n) \
	M(n##_SS) M(n##_SR) M(n##_RS) M(n##_CS) M(n##_CR) M(n##_gSS) M(n##_gSR) M(n##_gRS) M(n##_SC) M(n##_RC) M(n##_CC) \
	M(n##_xSCS) M(n##_xSCR) M(n##_xSCC)
#define EACH_STOREF(M, n) \
	M(n##_SS) M(n##_SR) M(n##_RS) M(n##_CS) M(n##_CR) M(n##_gSS) M(n##_gSR) M(n##_gRS) M(n##_RR) M(n##_gRR) \
	M(n##_xSCS) M(n##_xSCR)
/* Operands and result as those of ir.def that take a C function. [base] {memory} {offset} */
#define EACH_ATOMIC(M, n) M(n)
#define EACH_CTL(M, n)
/* SIMD: as their scalar counterparts; a constant on the left goes to a slot first. */
#define EACH_VUN(M, n) EACH_UN(M, n)
#define EACH_VBINC(M, n) EACH_BINC(M, n)
#define EACH_VBIN(M, n) EACH_VBINC(M, n) M(n##_SRS) M(n##_SRR)
#define EACH_VTERN(M, n) \
	M(n##_SSSS) M(n##_SSSR) M(n##_RSSS) M(n##_RSSR) M(n##_SRSS) M(n##_SRSR) M(n##_SSRS) M(n##_SSRR)
#define EACH_VSHIFT(M, n) EACH_BINC(M, n)
#define EACH_VSHUFFLE(M, n) M(n##_SSS) M(n##_SSR) M(n##_RSS) M(n##_RSR) M(n##_SRS) M(n##_SRR)
#define EACH_VEXTRACT(M, n) M(n##_SS) M(n##_SR)
#define EACH_VREPLACE(M, n) \
	M(n##_SSS) M(n##_SSR) M(n##_SRS) M(n##_SRR) M(n##_RSS) M(n##_RSR) M(n##_RRS) M(n##_RRR)
/* Address and vector in slots; g as with other loads and stores. */
#define EACH_LANELOAD(M, n) M(n##_SSS) M(n##_SSR) M(n##_gSSS) M(n##_gSSR)
#define EACH_LANESTORE(M, n) M(n##_SS) M(n##_gSS)

#endif
