package engine

import (
	"context"

	"github.com/numalens/numalens/pkg/export"
)

// Figures is not available.
func (s *Source) Figures(context.Context, string, string, export.FiguresRequest) (*export.Figures, error) {
	return nil, notHere("figures of other tools")
}
