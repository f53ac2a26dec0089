//go:build !unix

package folder

// mine trusts a system whose temporary directory is each user's own.
func mine(string) error { return nil }
