package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const testToken = "0123456789abcdef0123456789abcdef"

func tokenFile(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestReadToken(t *testing.T) {
	if got, err := readToken(""); got != "" || err != nil {
		t.Errorf("neither file nor variable: %q, %v", got, err)
	}
	if got, err := readToken(tokenFile(t, testToken+"\n", 0o600)); got != testToken || err != nil {
		t.Errorf("a file: %q, %v", got, err)
	}
	t.Setenv(tokenVariable, testToken)
	if got, err := readToken(""); got != testToken || err != nil {
		t.Errorf("the variable: %q, %v", got, err)
	}
	if _, there := os.LookupEnv(tokenVariable); there {
		t.Error("the token stays in the environment")
	}
}

func TestReadTokenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		file, env string
		want      string
	}{
		"readable by others": {tokenFile(t, testToken, 0o640), "", "chmod 600"},
		"absent":             {"/nonexistent/token", "", "no such file"},
		"empty":              {tokenFile(t, "\n", 0o600), "", "is empty"},
		"short":              {tokenFile(t, "secret", 0o600), "", "shorter than"},
		"two lines":          {tokenFile(t, testToken+"\n"+testToken, 0o600), "", "holds a space"},
		"both":               {tokenFile(t, testToken, 0o600), testToken, "remove one"},
	} {
		if c.env != "" {
			t.Setenv(tokenVariable, c.env)
		}
		_, err := readToken(c.file)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
		if err != nil && (strings.Contains(err.Error(), testToken) || strings.Contains(err.Error(), "\"secret\"")) {
			t.Errorf("%s: the error holds the token: %v", name, err)
		}
		os.Unsetenv(tokenVariable)
	}
}
