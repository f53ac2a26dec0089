package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	api "github.com/prometheus/client_golang/exp/api/remote"

	"github.com/numalens/numalens/pkg/series"
)

// Options say where series are sent and how.
type Options struct {
	URL string
	// TokenFile holds a bearer token; Username and PasswordFile are for basic
	// authentication. Files are read for each request, so that they can be
	// replaced.
	TokenFile, Username, PasswordFile string
	Headers                           map[string]string
	// CAFile holds the authorities that are trusted instead of the system's;
	// CertFile and KeyFile what the receiver knows the agent by.
	CAFile, CertFile, KeyFile, ServerName string
	// Labels are for every series.
	Labels map[string]string
	// Queue is the directory of the queue. MaxBytes and MaxAge bound it; 0 is
	// the default.
	Queue    string
	MaxBytes int64
	MaxAge   time.Duration
	// FirstRetry is how long the first retry is waited for; 0 is a second.
	FirstRetry time.Duration
	Log        *slog.Logger
}

// The limits of the queue unless told otherwise: a day of a host with four
// nodes takes some 30 MB.
const (
	DefaultMaxBytes = 64e6
	DefaultMaxAge   = 24 * time.Hour
)

const (
	requestTimeout = 30 * time.Second
	longestRetry   = time.Minute
	flushTime      = 5 * time.Second
	// pace bounds how fast a queue is sent off after an outage: what is
	// measured goes first.
	pace = 20 * time.Millisecond
)

// Stats is what became of what was to be sent, since the agent began.
type Stats struct {
	Requests, Samples, Bytes int64 // that the receiver took
	Retries                  int64
	// Dropped are samples that are lost, by why: the queue was full, they were
	// too old, the receiver refused them, or the disk did.
	Full, Old, Refused, Disk int64
	Waiting, QueueBytes      int64 // requests, bytes
	LastError                string
}

// Dropped is how many samples are lost.
func (s Stats) Dropped() int64 { return s.Full + s.Old + s.Refused + s.Disk }

// Sender sends what it is given.
type Sender struct {
	o      Options
	queue  *queue
	api    *api.API
	labels []series.Label
	wake   chan struct{}

	mu    sync.Mutex
	stats Stats
}

// Open opens the queue. Nothing is sent before Run.
func Open(o Options) (*Sender, error) {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxAge <= 0 {
		o.MaxAge = DefaultMaxAge
	}
	if o.FirstRetry <= 0 {
		o.FirstRetry = time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	labels, err := checkLabels(o.Labels)
	if err != nil {
		return nil, err
	}
	client, err := newClient(&o)
	if err != nil {
		return nil, err
	}
	s := &Sender{o: o, labels: labels, wake: make(chan struct{}, 1)}
	s.api, err = api.NewAPI(o.URL, api.WithAPIHTTPClient(client), api.WithAPIPath(""),
		api.WithAPIBackoff(api.BackoffConfig{Min: o.FirstRetry, Max: longestRetry}))
	if err != nil {
		return nil, fmt.Errorf("remote write: %w", err)
	}
	if s.queue, err = openQueue(o.Queue, o.MaxBytes); err != nil {
		return nil, fmt.Errorf("remote write: %w", err)
	}
	return s, nil
}

// Add puts a tick's samples at the end of the queue.
func (s *Sender) Add(timeMS int64, samples []series.Sample) {
	if len(samples) == 0 {
		return
	}
	lost, err := s.queue.push(timeMS, int64(len(samples)), series.Encode(nil, s.labels, timeMS, samples))
	s.mu.Lock()
	s.stats.Full += lost.samples
	if err != nil {
		s.stats.Disk += int64(len(samples))
		s.stats.LastError = err.Error()
	}
	s.mu.Unlock()
	if lost.samples > 0 {
		s.o.Log.Warn("remote write: the queue is full, the oldest are dropped", "samples", lost.samples)
	}
	if err != nil {
		s.o.Log.Error("remote write: samples are dropped, as they cannot be queued", "samples", len(samples), "err", err)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run sends until ctx is done, then for a moment what waits, and closes the
// queue. What is left is sent by the next agent.
func (s *Sender) Run(ctx context.Context) {
	defer s.queue.close()
	for s.sendOne(ctx) || s.sleep(ctx) {
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	for s.sendOne(last) {
	}
}

func (s *Sender) sleep(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-s.wake:
		return true
	}
}

// sendOne sends the oldest request; false is that there is none, or that ctx
// is done.
func (s *Sender) sendOne(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	r, ok, err := s.queue.peek()
	if err != nil {
		s.o.Log.Error("remote write: the queue cannot be read", "err", err)
		s.failed(err)
		return false
	}
	if !ok {
		return false
	}
	s.send(ctx, r)
	if ctx.Err() != nil {
		return false
	}
	if err := s.queue.done(r); err != nil {
		s.failed(err)
	}
	if waiting, _ := s.queue.waiting(); waiting > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(pace):
		}
	}
	return true
}

// send sends one request until it is taken, refused or too old.
func (s *Sender) send(ctx context.Context, r record) {
	old, cancel := context.WithDeadline(ctx, time.UnixMilli(r.timeMS).Add(s.o.MaxAge))
	defer cancel()
	err := old.Err()
	if err == nil {
		_, err = s.api.Write(old, api.WriteV1MessageType, encoded(r.payload), api.WithWriteRetryCallback(s.retried))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		s.stats.Requests++
		s.stats.Samples += r.samples
		s.stats.Bytes += int64(len(r.payload))
		s.stats.LastError = ""
	case ctx.Err() != nil && !errors.Is(old.Err(), context.DeadlineExceeded):
		// The agent ends; it stays in the queue.
	case ctx.Err() != nil:
	case old.Err() != nil:
		s.stats.Old += r.samples
		s.o.Log.Warn("remote write: samples are dropped, as they are too old", "samples", r.samples, "of", time.UnixMilli(r.timeMS).UTC())
	default:
		s.stats.Refused += r.samples
		s.stats.LastError = err.Error()
		s.o.Log.Error("remote write: samples are dropped, as they were refused", "samples", r.samples, "err", err)
	}
}

func (s *Sender) retried(err error) {
	s.mu.Lock()
	first := s.stats.LastError != err.Error()
	s.stats.Retries++
	s.stats.LastError = err.Error()
	s.mu.Unlock()
	if first {
		s.o.Log.Warn("remote write: tried again until the queue's limits", "err", err)
	}
}

func (s *Sender) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.LastError = err.Error()
}

// Stats tells what became of what was to be sent.
func (s *Sender) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.stats
	out.Waiting, out.QueueBytes = s.queue.waiting()
	return out
}

// encoded is a message that is encoded already, in the form in which the
// client takes messages.
type encoded []byte

// Size is the message's size.
func (e encoded) Size() int { return len(e) }

// MarshalToSizedBuffer copies the message.
func (e encoded) MarshalToSizedBuffer(into []byte) (int, error) { return copy(into, e), nil }
