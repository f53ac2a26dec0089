package engine

import (
	"context"

	"github.com/numalens/numalens/pkg/export"
)

// Figures is not available.
func (s *Source) Figures(context.Context, string, string, export.FiguresRequest) (*export.Figures, error) {
	return nil, notHere("figures of other tools")
}

// Accesses is not available.
func (s *Source) Accesses(context.Context, string, string, export.AccessesRequest) (*export.Accesses, error) {
	return nil, notHere("samples of loads and stores")
}
