#include "textflag.h"

#define PASS_ARGS \
	MOVQ data+0(FP), AX; \
	MOVQ turn+8(FP), BX; \
	MOVQ me+16(FP), SI; \
	MOVQ next+24(FP), DI; \
	MOVQ n+32(FP), CX

TEXT ·loads(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), CX
again:
	MOVQ (AX), DX
	DECQ CX
	JNZ  again
	RET

TEXT ·stores(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), CX
again:
	MOVQ CX, (AX)
	DECQ CX
	JNZ  again
	RET

TEXT ·storeBytes(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), CX
again:
	MOVB CL, (AX)
	DECQ CX
	JNZ  again
	RET

TEXT ·increments(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), CX
again:
	MOVBLZX (AX), DX
	INCL DX
	MOVB DL, (AX)
	DECQ CX
	JNZ  again
	RET

TEXT ·atomics(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), CX
again:
	MOVQ $1, DX
	LOCK
	XADDQ DX, (AX)
	DECQ CX
	JNZ  again
	RET

TEXT ·sweep(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), CX
again:
	MOVQ (AX), DX
	ADDQ $64, AX
	DECQ CX
	JNZ  again
	RET

TEXT ·passStore(SB), NOSPLIT, $0-40
	PASS_ARGS
wait:
	MOVQ (BX), DX
	CMPQ DX, SI
	JNE  wait
	MOVQ CX, (AX)
	MOVQ DI, (BX)
	DECQ CX
	JNZ  wait
	RET

TEXT ·passAdd(SB), NOSPLIT, $0-40
	PASS_ARGS
wait:
	MOVQ (BX), DX
	CMPQ DX, SI
	JNE  wait
	MOVQ (AX), DX
	INCQ DX
	MOVQ DX, (AX)
	MOVQ DI, (BX)
	DECQ CX
	JNZ  wait
	RET

TEXT ·passLoad(SB), NOSPLIT, $0-40
	PASS_ARGS
wait:
	MOVQ (BX), DX
	CMPQ DX, SI
	JNE  wait
	MOVQ (AX), DX
	MOVQ DI, (BX)
	DECQ CX
	JNZ  wait
	RET

TEXT ·passAtomic(SB), NOSPLIT, $0-40
	PASS_ARGS
wait:
	MOVQ (BX), DX
	CMPQ DX, SI
	JNE  wait
	MOVQ $1, DX
	LOCK
	XADDQ DX, (AX)
	MOVQ DI, (BX)
	DECQ CX
	JNZ  wait
	RET
