#include "textflag.h"

TEXT ·chase(SB), NOSPLIT, $0-24
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1
step:
	MOVD (R0), R0
	SUBS $1, R1
	BNE  step
	MOVD R0, ret+16(FP)
	RET

TEXT ·stream(SB), NOSPLIT, $0-24
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1
	MOVD lineBytes+16(FP), R2
line:
	LDP  (R0), (R3, R4)
	LDP  16(R0), (R5, R6)
	LDP  32(R0), (R7, R8)
	LDP  48(R0), (R9, R10)
	ADD  R2, R0
	SUBS $1, R1
	BNE  line
	RET

TEXT ·touch(SB), NOSPLIT, $0-24
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1
	MOVD stride+16(FP), R2
page:
	MOVB R1, (R0)
	ADD  R2, R0
	SUBS $1, R1
	BNE  page
	RET

TEXT ·pingpong(SB), NOSPLIT, $0-32
	MOVD p+0(FP), R0
	MOVD first+8(FP), R1
	MOVD n+16(FP), R2
	MOVD skip+24(FP), R3
	B    look
wait:
	YIELD
look:
	LDAR (R0), R4
	CMP  R4, R1
	BNE  wait
	ADD  $1, R1
	STLR R1, (R0)
	ADD  R3, R1
	SUBS $1, R2
	BNE  look
	RET

TEXT ·handover(SB), NOSPLIT, $0-40
	MOVD turn+0(FP), R0
	MOVD data+8(FP), R5
	MOVD first+16(FP), R1
	MOVD n+24(FP), R2
	MOVD skip+32(FP), R3
	B    look
wait:
	YIELD
look:
	LDAR (R0), R4
	CMP  R4, R1
	BNE  wait
	ADD  $1, R1
	MOVD R1, (R5)
	STLR R1, (R0)
	ADD  R3, R1
	SUBS $1, R2
	BNE  look
	RET
