package serve

import "errors"

// Setting names a field of [ClientOptions], in the words that the data
// source's settings use for it.
type Setting string

// The settings that an error can be about.
const (
	SettingURL         Setting = "url"
	SettingToken       Setting = "token"
	SettingCAFile      Setting = "caFile"
	SettingFingerprint Setting = "fingerprint"
	SettingServerName  Setting = "serverName"
)

// SettingOf tells which option to look at after an error of Dial or of a
// request. Where nothing points elsewhere it is the URL.
func SettingOf(err error) Setting {
	var wrong *optionError
	var f *Failure
	switch {
	case errors.As(err, &wrong):
		return wrong.setting
	case errors.As(err, &f) && f.Setting != "":
		return f.Setting
	}
	return SettingURL
}

// optionError is an option that Dial refuses.
type optionError struct {
	setting Setting
	err     error
}

func (e *optionError) Error() string { return e.err.Error() }
func (e *optionError) Unwrap() error { return e.err }
