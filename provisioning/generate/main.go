// Command generate writes the dashboards and alert rules of provisioning/ from
// thresholds.yaml and the definitions beside it, so that a threshold stands in
// one place and a panel's words are the metric's own. What it writes is
// committed, and a test proves it current. It talks to no Grafana.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root := "provisioning"
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	files, err := generate(root)
	if err == nil {
		err = write(root, files)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// generate gives the files' contents by their path below root.
func generate(root string) (map[string][]byte, error) {
	rules, err := readThresholds(filepath.Join(root, "thresholds.yaml"))
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	if out["alerting/numalens.yaml"], err = alerting(rules); err != nil {
		return nil, err
	}
	for _, d := range []dashboard{isItNUMA(rules), whoAllocated(rules), hostDashboard(rules)} {
		if out["dashboards/"+d.uid+".json"], err = d.json(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func write(root string, files map[string][]byte) error {
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
