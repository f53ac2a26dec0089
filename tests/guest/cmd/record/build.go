package main

import (
	"context"
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

// files builds what goes into the guest, in a directory of its own.
func (o *options) files(ctx context.Context, work string, job *handover.Job) ([]machine.File, error) {
	src, err := source()
	if err != nil {
		return nil, err
	}
	initFile, agent := filepath.Join(work, "init"), filepath.Join(work, "agent")
	if err := goBuild(ctx, src, o.machine.Arch, initFile, "./tests/guest/init"); err != nil {
		return nil, err
	}
	if err := goBuild(ctx, src, o.machine.Arch, agent, "./cmd/numalens-agent"); err != nil {
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

func goBuild(ctx context.Context, dir, arch, to, what string) error {
	cmd := exec.CommandContext(ctx, "go", "-C", dir, "build", "-trimpath", "-ldflags", "-s -w", "-o", to, what)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s in %s: %w\n%s", what, dir, err, out)
	}
	return nil
}
