package main

import (
	"fmt"
	"strings"

	"github.com/numalens/numalens/pkg/events"
)

// eventList is the value of --event and of the setting events. Only what no
// host could count is refused here; what this host lacks is reported with the
// recording.
type eventList []string

// String implements flag.Value.
func (l *eventList) String() string { return strings.Join(*l, " ") }

// Set adds one event.
func (l *eventList) Set(text string) error {
	if _, err := events.Parse(text); err != nil {
		return err
	}
	*l = append(*l, text)
	return nil
}

// check is for a list that came from a file.
func (l eventList) check() error {
	for _, text := range l {
		if _, err := events.Parse(text); err != nil {
			return fmt.Errorf("events: %w", err)
		}
	}
	return nil
}
