#include "textflag.h"

#define PASS_ARGS \
	MOVD data+0(FP), R0; \
	MOVD turn+8(FP), R1; \
	MOVD me+16(FP), R2; \
	MOVD next+24(FP), R3; \
	MOVD n+32(FP), R4

TEXT ·loads(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1
again:
	MOVD (R0), R2
	SUBS $1, R1
	BNE  again
	RET

TEXT ·stores(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1
again:
	MOVD R1, (R0)
	SUBS $1, R1
	BNE  again
	RET

TEXT ·storeBytes(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1
again:
	MOVB R1, (R0)
	SUBS $1, R1
	BNE  again
	RET

TEXT ·increments(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1
again:
	MOVBU (R0), R2
	ADD  $1, R2
	MOVB R2, (R0)
	SUBS $1, R1
	BNE  again
	RET

// LDADDAL needs ARMv8.1's atomics: a load-exclusive and store-exclusive pair
// would be counted as a load and an atomic.
TEXT ·atomics(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1
	MOVD $1, R2
again:
	LDADDALD R2, (R0), R3
	SUBS $1, R1
	BNE  again
	RET

TEXT ·sweep(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1
again:
	MOVD (R0), R2
	ADD  $64, R0
	SUBS $1, R1
	BNE  again
	RET

// Acquire and release keep data's access between the turn's.

TEXT ·passStore(SB), NOSPLIT, $0-40
	PASS_ARGS
wait:
	LDAR (R1), R5
	CMP  R2, R5
	BNE  wait
	MOVD R4, (R0)
	STLR R3, (R1)
	SUBS $1, R4
	BNE  wait
	RET

TEXT ·passAdd(SB), NOSPLIT, $0-40
	PASS_ARGS
wait:
	LDAR (R1), R5
	CMP  R2, R5
	BNE  wait
	MOVD (R0), R5
	ADD  $1, R5
	MOVD R5, (R0)
	STLR R3, (R1)
	SUBS $1, R4
	BNE  wait
	RET

TEXT ·passLoad(SB), NOSPLIT, $0-40
	PASS_ARGS
wait:
	LDAR (R1), R5
	CMP  R2, R5
	BNE  wait
	MOVD (R0), R5
	STLR R3, (R1)
	SUBS $1, R4
	BNE  wait
	RET

TEXT ·passAtomic(SB), NOSPLIT, $0-40
	PASS_ARGS
	MOVD $1, R6
wait:
	LDAR (R1), R5
	CMP  R2, R5
	BNE  wait
	LDADDALD R6, (R0), R5
	STLR R3, (R1)
	SUBS $1, R4
	BNE  wait
	RET
