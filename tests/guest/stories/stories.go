// Package stories records the demo's runs in the guest and checks them.
//
//	remote, remote-fixed      memory that one thread touched first; each its own
//	sharing, sharing-padded   counters in one cache line; each in its own
//	migrate                   a thread leaves its memory, which then follows
//
// Record boots the guest for one story and puts below a directory: the run,
// under the story's name instead of its time, so that a recording made anew
// replaces the one before; what the program says that it did (journal/); and
// what the plugin saw (truth/). Check asks the same questions of the run that
// a user would, by package query, and compares the answers with those two.
//
// No time is judged. It leaves out the plugin's own proof, which is
// programs/exact's.
package stories

import "slices"

// Host is the guest's name in the export.
const Host = "guest"

// Story is one recorded run.
type Story struct {
	Name    string // of the run
	Program string // folder of tests/guest/programs
	Args    []string
	// Flags are arguments of tests/guest/record.
	Flags []string
	check func(*recorded) error
}

// All are the stories, each with its twin after it.
func All() []Story {
	// A fault sample costs the agent as much as a page costs the program,
	// and load samples are to stay few beside the loads.
	sampled := []string{"--sample-every", "5000", "--sample-latency", "30", "--fault-period", "16", "--slow", "10"}
	// CPUs that fight over a line take turns, which is slow to model.
	slower := []string{"--sample-every", "1000", "--sample-latency", "30", "--fault-period", "16", "--slow", "20"}
	// What the page draws of a run that says nothing is the remote share.
	sharing := append([]string{"--label", "shows=hitm"}, slower...)
	return []Story{
		{"remote", "remote", []string{"--seconds", "5", "--layout", "first-touch-by-main"}, sampled, checkRemote},
		{"remote-fixed", "remote", []string{"--seconds", "5", "--layout", "local"}, sampled, checkRemoteFixed},
		{"sharing", "sharing", []string{"--seconds", "3"}, sharing, checkSharing},
		{"sharing-padded", "sharing", []string{"--seconds", "3", "--padded"}, sharing, checkPadded},
		{"migrate", "migrate", []string{"--seconds", "6"}, sampled, checkMigrate},
	}
}

// ByName finds a story.
func ByName(name string) (Story, bool) {
	all := All()
	i := slices.IndexFunc(all, func(s Story) bool { return s.Name == name })
	if i < 0 {
		return Story{}, false
	}
	return all[i], true
}
