// Package probes holds the BPF programs of package trace, built for both
// architectures, and finds out what they need to know of the running kernel.
//
// The objects are committed, so that nobody needs a compiler for BPF; where
// clang 16 is installed a test proves that they are what the source makes.
// They are dual-licensed BSD and GPL, as the kernel's helpers ask for.
package probes

//go:generate go run github.com/cilium/ebpf/cmd/bpf2go -cc clang-16 -strip llvm-strip-16 -target amd64,arm64 -go-package probes -type event -type sum_key -type sum -type count -type own -type rest_key -type frames -type recalls -type attempt Object src/trace.bpf.c -- -Isrc -Wall -Werror
