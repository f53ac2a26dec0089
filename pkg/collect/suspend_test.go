package collect

import (
	"testing"
	"time"
)

func TestSlept(t *testing.T) {
	boot, monotonic := int64(100e9), int64(40e9) // it has slept a minute before
	w := NewSuspendWatch(func() (int64, int64) { return boot, monotonic })
	step := func(b, m time.Duration) time.Duration {
		boot, monotonic = boot+int64(b), monotonic+int64(m)
		return w.Slept()
	}
	for i, c := range []struct{ boot, monotonic, want time.Duration }{
		{time.Second, time.Second, 0},
		{time.Second, time.Second + 30*time.Millisecond, 0}, // preempted between the readings
		{time.Second, time.Second - 30*time.Millisecond, 0}, // and not the next time
		{time.Hour + time.Second, time.Second, time.Hour},
		{time.Second, time.Second, 0},
		{200 * time.Millisecond, 100 * time.Millisecond, 100 * time.Millisecond},
		{time.Second, time.Second, 0},
	} {
		if got := step(c.boot, c.monotonic); got != c.want {
			t.Errorf("step %d: slept %v, want %v", i, got, c.want)
		}
	}
}

func TestThisHostIsAwake(t *testing.T) {
	w := WatchSuspend()
	for range 1000 {
		if d := w.Slept(); d != 0 {
			t.Fatalf("slept %v", d)
		}
	}
}
