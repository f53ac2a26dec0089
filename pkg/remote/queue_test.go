package remote

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzQueue: whatever lies in the queue's files, it opens, gives whole records
// in order, and takes new ones.
func FuzzQueue(f *testing.F) {
	dir := f.TempDir()
	q, err := openQueue(dir, 1<<20)
	if err != nil {
		f.Fatal(err)
	}
	for i := range int64(3) {
		if _, err := q.push(i, 1, []byte("payload")); err != nil {
			f.Fatal(err)
		}
	}
	r, _, _ := q.peek()
	q.done(r)
	q.close()
	good, _ := os.ReadFile(filepath.Join(dir, "00000001.queue"))
	position, _ := os.ReadFile(filepath.Join(dir, positionFile))
	f.Add(good, position)
	f.Add(good[:len(good)-3], position[:7])
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, segment, position []byte) {
		dir := t.TempDir()
		os.WriteFile(filepath.Join(dir, "00000001.queue"), segment, 0o600)
		os.WriteFile(filepath.Join(dir, positionFile), position, 0o600)
		q, err := openQueue(dir, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		defer q.close()
		if _, err := q.push(99, 7, []byte("new")); err != nil {
			t.Fatal(err)
		}
		for n := 0; ; n++ {
			r, ok, err := q.peek()
			if err != nil || n > len(segment)+2 {
				t.Fatalf("record %d: %v", n, err)
			}
			if !ok {
				t.Fatal("the new record is gone")
			}
			if err := q.done(r); err != nil {
				t.Fatal(err)
			}
			if string(r.payload) == "new" && r.timeMS == 99 {
				break
			}
		}
		if waiting, _ := q.waiting(); waiting != 0 {
			t.Errorf("%d wait, and all were read", waiting)
		}
	})
}
