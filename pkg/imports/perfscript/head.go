package perfscript

import (
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// facts are the lines that perf script --header prints, and what they tell.
var facts = map[string]string{
	"hostname": imports.FactHost, "os release": imports.FactKernel, "perf version": imports.FactVersion, "arch": imports.FactArch,
	"cpudesc": imports.FactCPU, "cpuid": "cpuid", "cmdline": imports.FactCommand, "nrcpus online": "cpus",
}

// head takes a line of the header, "# hostname : x".
func (g *reading) head(line string) {
	key, value, ok := strings.Cut(strings.TrimLeft(line, "# "), ":")
	if name := facts[strings.TrimSpace(key)]; ok && name != "" && strings.TrimSpace(value) != "" {
		g.sink.Fact(name, strings.TrimSpace(value))
	}
}
