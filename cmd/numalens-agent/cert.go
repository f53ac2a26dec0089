package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/serve"
)

func certCommand(fs *flag.FlagSet) func(streams, []string) error {
	out := fs.String("out", "", "directory for cert.pem and key.pem (required)")
	hosts := fs.String("hosts", "", "names and addresses under which the agent is reached, with commas between (default: this host's name)")
	return func(std streams, args []string) error {
		if err := noArguments(args); err != nil {
			return err
		}
		if *out == "" {
			return usagef("--out names no directory")
		}
		names, err := certHosts(*hosts)
		if err != nil {
			return err
		}
		c, err := serve.CreateCertificate(*out, names, time.Now())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.out, "certificate: %s\nkey: %s\nnames: %s\nfingerprint: %s\n", c.CertFile, c.KeyFile, strings.Join(names, ", "), c.Fingerprint)
		return err
	}
}

func certHosts(list string) ([]string, error) {
	if list == "" {
		name, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("%w; name the host by --hosts", err)
		}
		return []string{name, "localhost", "127.0.0.1", "::1"}, nil
	}
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return nil, usagef("--hosts %q: there is an empty name", list)
		}
		names = append(names, name)
	}
	return names, nil
}
