package export

import (
	"context"
	"errors"
)

// Reader answers questions about exports. It is safe for concurrent use,
// caches what it decoded, and follows live tails.
type Reader struct{ files Files }

// NewReader reads the exports of files.
func NewReader(files Files) *Reader { return &Reader{files: files} }

var errNotYet = errors.New("not implemented yet")

// Index gives the hosts and runs below the root.
func (r *Reader) Index(ctx context.Context) (*Index, error) { return nil, errNotYet }

// Manifest gives a run's manifest. The caller must not change it.
func (r *Reader) Manifest(ctx context.Context, host, run string) (*Manifest, error) {
	return nil, errNotYet
}

// Increments tells how much counts grew within each column.
func (r *Reader) Increments(ctx context.Context, host, run string, q IncrementsRequest) (*Increments, error) {
	return nil, errNotYet
}

// Gauges gives the last reading within each column.
func (r *Reader) Gauges(ctx context.Context, host, run string, q GaugesRequest) (*Gauges, error) {
	return nil, errNotYet
}

// Weights counts the samples within each column.
func (r *Reader) Weights(ctx context.Context, host, run string, q WeightsRequest) (*Weights, error) {
	return nil, errNotYet
}

// Newest is the time of the newest row of any table of the run.
func (r *Reader) Newest(ctx context.Context, host, run string) (int64, error) {
	return 0, errNotYet
}
