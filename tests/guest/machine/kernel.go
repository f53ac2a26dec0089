package machine

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// release is the Debian release whose kernel is booted: 6.1.
const release = "bookworm"

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// Kernel gives Debian's kernel for an architecture. It is fetched by apt,
// which verifies it, the first time, and kept in the user's cache; to get a
// newer one, remove that. say tells a person what takes long.
func Kernel(ctx context.Context, arch string, say func(format string, a ...any)) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place to keep a kernel: %w", err)
	}
	dir := filepath.Join(cache, "numalens", "guest", arch)
	kernels, err := filepath.Glob(filepath.Join(dir, "vmlinuz-*"))
	if err != nil {
		return "", err
	}
	if len(kernels) > 0 {
		slices.SortFunc(kernels, byModification)
		return kernels[len(kernels)-1], nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	say("fetching Debian's kernel for %s into %s", arch, dir)
	kernel, err := fetchKernel(ctx, dir, arch)
	if err != nil {
		return "", fmt.Errorf("no kernel for %s in %s, and it cannot be fetched: %w; go online once, or name one by --kernel", arch, dir, err)
	}
	return kernel, nil
}

func byModification(a, b string) int {
	sa, errA := os.Stat(a)
	sb, errB := os.Stat(b)
	if errA != nil || errB != nil {
		return strings.Compare(a, b)
	}
	return sa.ModTime().Compare(sb.ModTime())
}

// fetchKernel lets apt work on lists of its own, so that neither the host's
// sources nor its architectures matter, and no privilege is needed.
func fetchKernel(ctx context.Context, dir, arch string) (string, error) {
	if _, err := os.Stat(keyring); err != nil {
		return "", fmt.Errorf("no keys of Debian's at %s (package debian-archive-keyring)", keyring)
	}
	work, err := os.MkdirTemp(dir, "fetch-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	a := apt{ctx, work, arch}
	if err := a.prepare(); err != nil {
		return "", err
	}
	if _, err := a.run("apt-get", "-q", "update"); err != nil {
		return "", err
	}
	name, err := a.kernelPackage()
	if err != nil {
		return "", err
	}
	if _, err := a.run("apt-get", "-q", "download", name); err != nil {
		return "", err
	}
	debs, err := filepath.Glob(filepath.Join(work, "*.deb"))
	if err != nil || len(debs) != 1 {
		return "", fmt.Errorf("apt-get download %s left %d packages, want one", name, len(debs))
	}
	return unpackKernel(ctx, debs[0], dir)
}

type apt struct {
	ctx  context.Context
	dir  string
	arch string
}

func (a apt) prepare() error {
	for _, d := range []string{"lists/partial", "archives/partial"} {
		if err := os.MkdirAll(filepath.Join(a.dir, d), 0o755); err != nil {
			return err
		}
	}
	var sources strings.Builder
	for _, source := range []string{"debian " + release, "debian-security " + release + "-security"} {
		fmt.Fprintf(&sources, "deb [signed-by=%s] http://deb.debian.org/%s main\n", keyring, source)
	}
	return errors.Join(
		os.WriteFile(filepath.Join(a.dir, "sources.list"), []byte(sources.String()), 0o644),
		os.WriteFile(filepath.Join(a.dir, "status"), nil, 0o644))
}

func (a apt) run(name string, args ...string) (string, error) {
	options := []string{
		"-o", "APT::Architecture=" + a.arch, "-o", "APT::Architectures::=" + a.arch,
		"-o", "Dir::State=" + a.dir, "-o", "Dir::State::Lists=" + filepath.Join(a.dir, "lists"),
		"-o", "Dir::State::status=" + filepath.Join(a.dir, "status"), "-o", "Dir::Cache=" + a.dir,
		"-o", "Dir::Etc::SourceList=" + filepath.Join(a.dir, "sources.list"), "-o", "Dir::Etc::SourceParts=/dev/null",
		"-o", "Acquire::Languages=none", "-o", "APT::Update::Error-Mode=any", "-o", "APT::Sandbox::User=root",
	}
	cmd := exec.CommandContext(a.ctx, name, append(options, args...)...)
	cmd.Dir = a.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, firstLine(complaint.String()))
	}
	return string(out), nil
}

// kernelPackage asks which package linux-image-ARCH stands for today.
func (a apt) kernelPackage() (string, error) {
	record, err := a.run("apt-cache", "--no-all-versions", "show", "linux-image-"+a.arch)
	if err != nil {
		return "", err
	}
	m := regexp.MustCompile(`(?m)^Depends: (linux-image-\S+)`).FindStringSubmatch(record)
	if m == nil {
		return "", fmt.Errorf("linux-image-%s does not say which kernel it stands for", a.arch)
	}
	return m[1], nil
}

// unpackKernel takes the kernel out of its package; its modules stay, for
// the guest needs none.
func unpackKernel(ctx context.Context, deb, dir string) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what follows the kernel is not read
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", deb)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	for r := tar.NewReader(out); ; {
		h, err := r.Next()
		if err != nil {
			return "", fmt.Errorf("%s holds no kernel: %w", filepath.Base(deb), err)
		}
		name := filepath.Base(h.Name)
		if h.Typeflag != tar.TypeReg || !strings.HasPrefix(name, "vmlinuz-") {
			continue
		}
		return keep(filepath.Join(dir, name), r)
	}
}

// keep writes a file beside and renames it, so that another that looks finds
// a whole one or none.
func keep(path string, content io.Reader) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "kernel-")
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := io.Copy(f, content); err != nil {
		return "", err
	}
	if err := errors.Join(f.Chmod(0o644), f.Close()); err != nil {
		return "", err
	}
	return path, os.Rename(f.Name(), path)
}
