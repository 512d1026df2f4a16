// Package secrettest gives tests a keyring.
package secrettest

import (
	"testing"

	"kabinet/internal/platform/secret"
)

// New returns a keyring with keys of its own.
func New(t testing.TB) *secret.Keyring {
	t.Helper()
	master, err := secret.ParseMaster(secret.NewMaster())
	if err != nil {
		t.Fatal(err)
	}
	data, err := secret.Create(master)
	if err != nil {
		t.Fatal(err)
	}
	k, err := secret.Load(master, data)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
