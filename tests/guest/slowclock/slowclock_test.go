package slowclock

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program waits by a condition and by ppoll until its own clock says so, and
// prints how long that was by its own clock and by the kernel's.
const program = `
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static double at(int own) {
	struct timespec t;
	if (own) clock_gettime(CLOCK_MONOTONIC, &t); else syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}
int main(void) {
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	pthread_condattr_t a;
	pthread_cond_t c;
	pthread_condattr_init(&a);
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	pthread_cond_init(&c, &a);
	double own = at(1), real = at(0);
	struct timespec until, wait = {0, 10000000};
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += 10000000;
	if (until.tv_nsec >= 1000000000) { until.tv_sec++; until.tv_nsec -= 1000000000; }
	pthread_mutex_lock(&m);
	pthread_cond_timedwait(&c, &m, &until);
	ppoll(NULL, 0, &wait, NULL);
	own = at(1) - own; real = at(0) - real;
	printf("%d %d\n", own >= 0.02, real >= 5 * 0.02 && real > 4.9 * own && real < 5.1 * own + 0.001);
	return 0;
}`

// TestEverythingIsSlow compares two clocks, and asserts no time.
func TestEverythingIsSlow(t *testing.T) {
	compiler, err := exec.LookPath("cc")
	if err != nil {
		t.Skipf("[cc] a C compiler: %v", err)
	}
	dir := t.TempDir()
	environment, err := Build(compiler, dir, 5)
	if err != nil {
		t.Fatal(err)
	}
	c, built := filepath.Join(dir, "program.c"), filepath.Join(dir, "program")
	if err := os.WriteFile(c, []byte(program), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(compiler, "-pthread", "-o", built, c).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.Command(built)
	run.Env = append(os.Environ(), environment...)
	out, err := run.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "1 1" {
		t.Errorf("waited by its own clock, five times as long by the kernel's: %s (%v)", out, err)
	}
}

func TestFactor(t *testing.T) {
	for _, f := range []int{0, -1, Max + 1} {
		if _, err := Build("cc", t.TempDir(), f); err == nil {
			t.Errorf("%d times slower was taken", f)
		}
	}
}
