package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/numalens/numalens/tests/guest/handover"
	"github.com/numalens/numalens/tests/guest/machine"
)

// source is the repository, whose agent and init go into the guest.
func source() (string, error) {
	if dir := os.Getenv("NUMALENS_SOURCE"); dir != "" {
		return dir, nil
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/numalens/numalens").Output()
	if err != nil {
		return "", fmt.Errorf("not in the repository of numalens; run tests/guest/record, which finds it")
	}
	return strings.TrimSpace(string(out)), nil
}

// revision is the version and commit of what is built from the repository.
func revision(ctx context.Context, src string) (string, error) {
	data, err := os.ReadFile(filepath.Join(src, "package.json"))
	if err != nil {
		return "", err
	}
	var project struct{ Version string }
	if err := json.Unmarshal(data, &project); err != nil {
		return "", fmt.Errorf("package.json: %w", err)
	}
	commit, err := exec.CommandContext(ctx, "git", "-C", src, "describe", "--always", "--dirty", "--exclude=*").Output()
	if err != nil {
		return project.Version + "+unknown", nil // a copy without history
	}
	return project.Version + "+" + strings.TrimSpace(string(commit)), nil
}

// files builds what goes into the guest, in a directory of its own.
func (o *options) files(ctx context.Context, src, work string, job *handover.Job) ([]machine.File, error) {
	initFile, agent := filepath.Join(work, "init"), filepath.Join(work, "agent")
	version, err := revision(ctx, src)
	if err != nil {
		return nil, err
	}
	if err := goBuild(ctx, src, o.machine.Arch, initFile, "./tests/guest/init"); err != nil {
		return nil, err
	}
	if err := goBuild(ctx, src, o.machine.Arch, agent, "./cmd/numalens-agent", "-X main.version="+version, fmt.Sprintf("-T %#x", agentText)); err != nil {
		return nil, err
	}
	program, err := o.binary(ctx, work)
	if err != nil {
		return nil, err
	}
	encoded, err := job.Encode()
	if err != nil {
		return nil, err
	}
	return []machine.File{
		{Path: "/init", From: initFile},
		{Path: handover.AgentPath, From: agent},
		{Path: filepath.Join(handover.ProgramDir, job.Program[0]), From: program},
		{Path: handover.JobPath, Content: encoded},
	}, nil
}

// binary is the program's file: as given, or built from a directory.
func (o *options) binary(ctx context.Context, work string) (string, error) {
	path := o.program[0]
	st, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("the program to record: %w", err)
	}
	if st.IsDir() {
		built := filepath.Join(work, "program")
		if err := goBuild(ctx, path, o.machine.Arch, built, "."); err != nil {
			return "", err
		}
		path = built
	}
	return path, machine.CheckProgram(path, o.machine.Arch)
}

func goBuild(ctx context.Context, dir, arch, to, what string, link ...string) error {
	flags := strings.Join(append([]string{"-s", "-w"}, link...), " ")
	cmd := exec.CommandContext(ctx, "go", "-C", dir, "build", "-trimpath", "-ldflags", flags, "-o", to, what)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s in %s: %w\n%s", what, dir, err, out)
	}
	return nil
}
