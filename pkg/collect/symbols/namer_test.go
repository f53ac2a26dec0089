package symbols

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
)

func TestMain(m *testing.M) { collecttest.Main(m) }

func openNamer(t testing.TB) *Namer {
	t.Helper()
	clock, err := collect.ReadClock()
	if err != nil {
		t.Fatal(err)
	}
	n, missing, err := Open(Options{Roots: collect.HostRoots(), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range missing {
		t.Log(u.Error())
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func ownStack() []uint64 {
	pcs := make([]uintptr, 64)
	var all []uint64
	for _, pc := range pcs[:runtime.Callers(1, pcs)] {
		all = append(all, uint64(pc))
	}
	return all
}

func TestOwnStackIsNamed(t *testing.T) {
	n := openNamer(t)
	pid := int32(os.Getpid())
	user := ownStack()
	n.See(pid, nil, user)
	rows := &collecttest.Rows{}
	for n.Write(rows, time.Second) {
	}
	if len(rows.Mappings) != 1 || len(rows.Symbols) < 2 {
		t.Fatalf("%d mappings, %d symbols", len(rows.Mappings), len(rows.Symbols))
	}
	frames, ok := n.User(pid, user[0]-1)
	if !ok || !strings.HasSuffix(frames[0].Function, "symbols.ownStack") {
		t.Errorf("%+v %v", frames, ok)
	}
}
