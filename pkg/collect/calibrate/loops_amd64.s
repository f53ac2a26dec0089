#include "textflag.h"

TEXT ·chase(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), CX
step:
	MOVQ (AX), AX
	DECQ CX
	JNZ  step
	MOVQ AX, ret+16(FP)
	RET

TEXT ·stream(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), CX
	MOVQ lineBytes+16(FP), BX
line:
	MOVOU (AX), X0
	MOVOU 16(AX), X1
	MOVOU 32(AX), X2
	MOVOU 48(AX), X3
	ADDQ  BX, AX
	DECQ  CX
	JNZ   line
	RET

TEXT ·touch(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), CX
	MOVQ stride+16(FP), BX
page:
	MOVB $1, (AX)
	ADDQ BX, AX
	DECQ CX
	JNZ  page
	RET

TEXT ·pingpong(SB), NOSPLIT, $0-32
	MOVQ p+0(FP), AX
	MOVQ first+8(FP), BX
	MOVQ n+16(FP), CX
	MOVQ skip+24(FP), SI
	JMP  look
wait:
	PAUSE
look:
	CMPQ BX, (AX)
	JNE  wait
	INCQ BX
	MOVQ BX, (AX)
	ADDQ SI, BX
	DECQ CX
	JNZ  look
	RET

TEXT ·handover(SB), NOSPLIT, $0-40
	MOVQ turn+0(FP), AX
	MOVQ data+8(FP), DI
	MOVQ first+16(FP), BX
	MOVQ n+24(FP), CX
	MOVQ skip+32(FP), SI
	JMP  look
wait:
	PAUSE
look:
	CMPQ BX, (AX)
	JNE  wait
	INCQ BX
	MOVQ BX, (DI)
	MOVQ BX, (AX)
	ADDQ SI, BX
	DECQ CX
	JNZ  look
	RET
