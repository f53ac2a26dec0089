package tracetest

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// The names of a storm's threads: rules are to keep all of one's.
const (
	StormKept  = "nl-keepme"
	StormNoise = "nl-noise"
)

const (
	// StormSize is a message's that matters; StormNoiseSizes are of the polls
	// that don't, each of a class of its own of the allocator's.
	StormSize = 1337
	burst     = 10
	burstRest = 100 * time.Microsecond
)

// StormNoiseSizes are those of the noise.
var StormNoiseSizes = []int64{24, 56, 104, 232, 488, 1000, 2024}

// Storm polls as fast as it can on every CPU, so often with each size, while
// some messages that matter are sent.
func (a *Account) Storm(kept, noise int64) error {
	queue, err := openQueue()
	if err != nil {
		return err
	}
	defer queue.remove()
	s := &storm{account: a}
	s.thread(StormKept, -1, func() error { return queue.bursts(StormSize, kept) }, Batch{By: "message", Size: StormSize, Count: kept})
	for _, n := range a.Machine.Nodes {
		for _, cpu := range n.CPUs {
			var batches []Batch
			for _, size := range StormNoiseSizes {
				batches = append(batches, Batch{By: "poll", Size: size, Count: noise})
			}
			s.thread(StormNoise, cpu, func() error { return pollInTurn(noise) }, batches...)
		}
	}
	s.threads.Wait()
	return s.failed
}

// storm are threads that run at once, and what becomes of them.
type storm struct {
	account *Account
	threads sync.WaitGroup
	mu      sync.Mutex
	failed  error
}

// thread starts one that does what some batches say.
func (s *storm) thread(comm string, cpu int, do func() error, batches ...Batch) {
	s.threads.Go(func() {
		span, err := s.account.onThread(comm, cpu, do)
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, b := range batches {
			b.Span = span
			s.account.Kmalloc = append(s.account.Kmalloc, b)
		}
		s.failed = errors.Join(s.failed, err)
	})
}

// pollInTurn polls with each size so often, a few at a time, so that one size
// does not come after another.
func pollInTurn(count int64) error {
	fds := make([][]pollFD, len(StormNoiseSizes))
	for i, size := range StormNoiseSizes {
		fds[i] = noDescriptors(size)
	}
	for done := int64(0); done < count; done += burst {
		for _, f := range fds {
			if err := pollAll(f, min(burst, count-done)); err != nil {
				return err
			}
		}
	}
	return nil
}

// bursts sends and receives some messages and rests, so that they are spread
// over a storm.
func (q queue) bursts(size, count int64) error {
	rest := unix.NsecToTimespec(int64(burstRest))
	for done := int64(0); done < count; done += burst {
		if err := q.pass(size, min(burst, count-done)); err != nil {
			return err
		}
		if err := unix.Nanosleep(&rest, nil); err != nil && err != unix.EINTR {
			return err
		}
	}
	return nil
}
