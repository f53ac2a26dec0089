package main

import (
	"flag"
	"fmt"
	"runtime/debug"
)

// version is set by the linker; see the Makefile.
var version = "dev"

// commit is the version-control revision that the toolchain stamped in.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

func versionCommand(*flag.FlagSet) func(streams, []string) error {
	return func(std streams, args []string) error {
		if err := noArguments(args); err != nil {
			return err
		}
		line := "numalens-agent " + version
		if c := commit(); c != "" {
			line += " (" + c + ")"
		}
		_, err := fmt.Fprintln(std.out, line)
		return err
	}
}
