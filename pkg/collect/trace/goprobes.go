package trace

import (
	"github.com/numalens/numalens/pkg/collect"
)

func (c *Collector) attachGo(report *collect.Report) {}
