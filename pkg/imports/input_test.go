package imports

import (
	"bytes"
	"compress/gzip"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

func packed(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch name {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "xz":
		w, err = xz.NewWriter(&b)
	case "zstd":
		w, err = zstd.NewWriter(&b)
	default:
		return []byte(text)
	}
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPackedInputIsUnpacked(t *testing.T) {
	text := strings.Repeat("numa_hit 1 2\n", 20000)
	for _, how := range []string{"plain", "gzip", "xz", "zstd"} {
		in := Bytes("a", time.Time{}, packed(t, how, text))
		for range 2 {
			s, err := in.openStream()
			if err != nil {
				t.Fatalf("%s: %v", how, err)
			}
			got, err := io.ReadAll(s)
			if err != nil || string(got) != text || len(s.head) != headBytes {
				t.Errorf("%s: %d bytes, %v", how, len(got), err)
			}
			s.close()
		}
	}
}

func TestDamagedPackedInputGivesWhatCameBefore(t *testing.T) {
	text := strings.Repeat("numa_hit 1 2 ", 200000)
	for _, how := range []string{"gzip", "xz", "zstd"} {
		p := packed(t, how, text)
		s, err := Bytes("a", time.Time{}, p[:len(p)-5]).openStream()
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		got, err := io.ReadAll(s)
		if err == nil || !strings.HasPrefix(text, string(got)) || len(got) == 0 {
			t.Errorf("%s: %d bytes, %v", how, len(got), err)
		}
	}
}

func TestAHugeDictionaryIsRefused(t *testing.T) {
	tool, err := exec.LookPath("xz")
	if err != nil {
		t.Skip("[xz] the xz command makes the file")
	}
	cmd := exec.Command(tool, "--format=xz", "--lzma2=dict=256MiB", "-c")
	cmd.Stdin = strings.NewReader("numa_hit")
	p, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Bytes("a.xz", time.Time{}, p).openStream(); err == nil || !strings.Contains(err.Error(), "a.xz: xz with a dictionary of 256 MiB") {
		t.Errorf("got %v", err)
	}
}
