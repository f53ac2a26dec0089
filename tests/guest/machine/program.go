package machine

import (
	"debug/elf"
	"fmt"
)

// CheckProgram tells whether a binary can run in a guest that has no other
// file: for its architecture, and static.
func CheckProgram(path, arch string) error {
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("%s is not a program: %w", path, err)
	}
	defer f.Close()
	want := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[arch]
	if f.Machine != want {
		return fmt.Errorf("%s is for %v, and the guest is %s", path, f.Machine, arch)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("%s needs shared libraries, and the guest has none; link it statically (-static, or CGO_ENABLED=0 for Go)", path)
		}
	}
	return nil
}
