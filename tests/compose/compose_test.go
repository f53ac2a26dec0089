// Package compose_test holds docker-compose.yml against the compose
// specification, with the library that docker compose itself uses, and
// against what the files beside it need. It starts no container.
package compose_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

const root = "../.."

func project(t *testing.T, profiles ...string) *types.Project {
	t.Helper()
	file := filepath.Join(root, "docker-compose.yml")
	p, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  root,
		ConfigFiles: []types.ConfigFile{{Filename: file}},
		Environment: types.Mapping{},
	}, loader.WithProfiles(profiles))
	if err != nil {
		t.Fatalf("docker-compose.yml: %v", err)
	}
	return p
}

func TestComposeFollowsTheSpecification(t *testing.T) {
	p := project(t)
	for _, name := range []string{"grafana", "agent"} {
		if _, err := p.GetService(name); err != nil {
			t.Error(err)
		}
	}
}

// An id that is missing from the list is skipped by Grafana with only a log
// line.
func TestEveryPluginIsAllowedUnsigned(t *testing.T) {
	s, err := project(t).GetService("grafana")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(*s.Environment["GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS"], ",")
	want := pluginIDs(t)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("allowed are %v, the plugins are %v", got, want)
	}
}

func pluginIDs(t *testing.T) []string {
	t.Helper()
	var ids []string
	err := filepath.WalkDir(filepath.Join(root, "src"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "plugin.json" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var p struct{ ID string }
		if err := json.Unmarshal(b, &p); err != nil {
			return err
		}
		ids = append(ids, p.ID)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

var variable = regexp.MustCompile(`\$(NUMALENS_[A-Z_]+)`)

// A variable that nobody sets becomes an empty string, silently.
func TestProvisioningsVariablesAreSet(t *testing.T) {
	s, err := project(t).GetService("grafana")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "provisioning", "*", "*.yaml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files of provisioning, %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range variable.FindAllStringSubmatch(string(b), -1) {
			if _, ok := s.Environment[m[1]]; !ok {
				t.Errorf("%s uses %s, which docker-compose.yml does not set", f, m[1])
			}
		}
	}
}

// Stages and copied paths of the Dockerfile have to be there.
func TestDockerfileCopiesWhatExists(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	stages := regexp.MustCompile(`(?m)^FROM \S+ AS (\S+)`).FindAllStringSubmatch(string(b), -1)
	for _, service := range project(t, "fleet").Services {
		if service.Build == nil {
			continue // another project's image
		}
		if !slices.ContainsFunc(stages, func(m []string) bool { return m[1] == service.Build.Target }) {
			t.Errorf("service %s builds stage %q, which the Dockerfile does not have", service.Name, service.Build.Target)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^COPY (?:--chown=\S+ )?((?:[^-\s]\S* )+)\S+$`).FindAllStringSubmatch(string(b), -1) {
		for _, src := range strings.Fields(m[1]) {
			if _, err := os.Stat(filepath.Join(root, src)); err != nil {
				t.Errorf("the Dockerfile copies %s: %v", src, err)
			}
		}
	}
}

// The profile fleet has an engine that takes remote write, an agent that sends
// there, and a data source that reads it.
func TestFleet(t *testing.T) {
	p := project(t, "fleet")
	if len(project(t).Services) >= len(p.Services) {
		t.Error("the fleet is there without its profile too")
	}
	engine, err := p.GetService("engine")
	if err != nil || !slices.Contains(engine.Command, "--web.enable-remote-write-receiver") {
		t.Errorf("engine: %v, %v", engine.Command, err)
	}
	agent, err := p.GetService("fleet-agent")
	if err != nil || !slices.Contains(agent.Command, "http://engine:9090/api/v1/write") {
		t.Errorf("agent: %v, %v", agent.Command, err)
	}
	for _, s := range []types.ServiceConfig{engine, agent} {
		for _, v := range s.Volumes {
			if v.Type == types.VolumeTypeBind {
				if st, err := os.Stat(v.Source); err != nil || st.IsDir() {
					t.Errorf("%s mounts %s: %v", s.Name, v.Source, err)
				}
			}
		}
	}
	b, err := os.ReadFile(filepath.Join(root, "provisioning", "datasources", "fleet.yaml"))
	if err != nil || !strings.Contains(string(b), "engine: prometheus") || !strings.Contains(string(b), "url: $NUMALENS_ENGINE") {
		t.Errorf("provisioning: %v", err)
	}
}
