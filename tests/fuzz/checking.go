package main

import (
	"fmt"
	"math"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/numa"
)

// checking is a sink that believes no one.
type checking struct {
	lines  int
	binary bool // lines are numbers of records
	wrong  string
}

func (c *checking) line(n int, of any) {
	if c.wrong == "" && !c.binary && (n < 0 || n > c.lines) {
		c.wrong = fmt.Sprintf("line %d of %d: %+v", n, c.lines, of)
	}
}

func (c *checking) Figure(f imports.Figure) {
	c.line(f.Line, f)
	switch {
	case c.wrong != "":
	case f.Name == "" || f.Scope == "" || f.Kind == "":
		c.wrong = fmt.Sprintf("figure without a name, scope or kind: %+v", f)
	case !f.Null && (math.IsNaN(f.Value) || math.IsInf(f.Value, 0)):
		c.wrong = fmt.Sprintf("figure that is no number: %+v", f)
	}
}

func (c *checking) Sample(line int, s export.Sample)          { c.line(line, s) }
func (c *checking) Placement(line int, r export.PlacementRow) { c.line(line, r) }
func (c *checking) Event(line int, e export.Event)            { c.line(line, e) }
func (c *checking) Warn(line int, text string)                { c.line(line, text) }
func (c *checking) Fact(string, string)                       {}
func (c *checking) Topology(numa.Topology)                    {}
