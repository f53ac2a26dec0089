// Package deploy_test holds what deploy/ has against the agent and against
// each other: the unit and the DaemonSet without root and with the same
// capabilities, releases that need no library, and an uninstall that leaves
// nothing but recordings.
package deploy_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const root = "../.."

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// daemonSet is what of the manifest is looked at.
type daemonSet struct {
	Kind string
	Spec struct {
		Template struct {
			Spec struct {
				HostPID         bool `yaml:"hostPID"`
				SecurityContext struct {
					RunAsNonRoot bool `yaml:"runAsNonRoot"`
					RunAsUser    int  `yaml:"runAsUser"`
				} `yaml:"securityContext"`
				Containers []struct {
					Args            []string
					SecurityContext struct {
						ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
						Privileged               bool  `yaml:"privileged"`
						AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
						Capabilities             struct{ Drop, Add []string }
					} `yaml:"securityContext"`
					VolumeMounts []struct{ Name, MountPath string } `yaml:"volumeMounts"`
				}
				Volumes []struct{ Name string }
			}
		}
	}
}

func manifests(t *testing.T) (all []daemonSet) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(read(t, "deploy/kubernetes.yaml")))
	for {
		var m daemonSet
		err := d.Decode(&m)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
}

func TestDaemonSetIsNotRoot(t *testing.T) {
	all := manifests(t)
	if len(all) != 2 || all[0].Kind != "ConfigMap" || all[1].Kind != "DaemonSet" {
		t.Fatalf("%d documents", len(all))
	}
	pod := all[1].Spec.Template.Spec
	if !pod.HostPID || !pod.SecurityContext.RunAsNonRoot || pod.SecurityContext.RunAsUser == 0 || len(pod.Containers) != 1 {
		t.Errorf("pod %+v", pod)
	}
	c := pod.Containers[0].SecurityContext
	if !c.ReadOnlyRootFilesystem || c.Privileged || !slices.Equal(c.Capabilities.Drop, []string{"ALL"}) || !slices.Equal(c.Capabilities.Add, []string{"PERFMON"}) {
		t.Errorf("container %+v", c)
	}
	// A plain user has a capability from the binary's file alone, which this
	// would rule out.
	if c.AllowPrivilegeEscalation == nil || !*c.AllowPrivilegeEscalation {
		t.Error("the binary's capabilities have no effect")
	}
	for _, m := range pod.Containers[0].VolumeMounts {
		if !slices.ContainsFunc(pod.Volumes, func(v struct{ Name string }) bool { return v.Name == m.Name }) {
			t.Errorf("volume %s is mounted, and there is none", m.Name)
		}
	}
}

// TestEveryCapabilityIsExplained: in the unit, in the DaemonSet, in the manual
// and, permitted, in the image.
func TestEveryCapabilityIsExplained(t *testing.T) {
	for _, name := range []string{"PERFMON", "SYS_PTRACE", "BPF", "SYSLOG", "SYS_ADMIN"} {
		if !regexp.MustCompile(`#   CAP_` + name + ` +\S`).MatchString(read(t, "deploy/numalens-agent.service")) {
			t.Errorf("the unit does not explain CAP_%s", name)
		}
		if !regexp.MustCompile(`# [^\n]*\n +#?- ` + name + `\n`).MatchString(read(t, "deploy/kubernetes.yaml")) {
			t.Errorf("the DaemonSet does not explain %s", name)
		}
		if !strings.Contains(read(t, "docs/agent.md"), "| `CAP_"+name+"` |") {
			t.Errorf("docs/agent.md does not explain CAP_%s", name)
		}
		if permitted := strings.Contains(read(t, "Dockerfile"), "cap_"+strings.ToLower(name)); permitted != (name != "SYS_ADMIN") {
			t.Errorf("the image's binary is permitted CAP_%s: %v", name, permitted)
		}
	}
}

func TestUnitIsNotRoot(t *testing.T) {
	unit := read(t, "deploy/numalens-agent.service")
	for _, line := range []string{"DynamicUser=yes", "AmbientCapabilities=CAP_PERFMON", "CapabilityBoundingSet=CAP_PERFMON", "NoNewPrivileges=yes", "ProtectSystem=strict"} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("the unit lacks %s", line)
		}
	}
}
