package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// tokenVariable is where the token may come from instead of a file.
const tokenVariable = "NUMALENS_TOKEN"

// minToken is short enough for anyone's taste and too long to be guessed
// against a host that answers some thousand requests a second.
const minToken = 16

// readToken gives the token that readers must show; "" is none. It is taken
// out of the environment, which every process that we start would inherit.
func readToken(file string) (string, error) {
	fromEnv, inEnv := os.LookupEnv(tokenVariable)
	os.Unsetenv(tokenVariable)
	if file == "" {
		if !inEnv {
			return "", nil
		}
		return checkToken(fromEnv, tokenVariable)
	}
	if inEnv {
		return "", fmt.Errorf("token: both token_file and %s are set; remove one", tokenVariable)
	}
	st, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	if mode := st.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("token: %s can be read by others (mode %04o); `chmod 600 %s`", file, mode, file)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	return checkToken(string(b), file)
}

func checkToken(text, where string) (string, error) {
	token := strings.TrimSpace(text)
	switch {
	case token == "":
		return "", fmt.Errorf("token: %s is empty", where)
	case len(token) < minToken:
		return "", fmt.Errorf("token: the one in %s is shorter than %d characters; `openssl rand -hex 32` makes a good one", where, minToken)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", errors.New("token: the one in " + where + " holds a space or a character that is not ASCII")
	}
	return token, nil
}
