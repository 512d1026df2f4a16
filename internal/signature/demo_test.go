package signature

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kabinet/internal/platform/secret/secrettest"
)

func TestADemonstrationSealOutlivesARestart(t *testing.T) {
	t.Parallel()
	path, keys := filepath.Join(t.TempDir(), "seal"), secrettest.New(t)
	first, err := DemoSealer(path, keys, noon)
	if err != nil {
		t.Fatal(err)
	}
	again, err := DemoSealer(path, keys, noon.Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.VerifySeal(sealed(t, first)); err != nil {
		t.Errorf("yesterday's document: %v", err)
	}
	raw, _ := os.ReadFile(path)
	if bytes.Contains(raw, []byte("PRIVATE KEY")) {
		t.Error("the key lies open on the disk")
	}
	if _, err := DemoSealer(path, secrettest.New(t), noon); err == nil {
		t.Error("it opened with other keys")
	}
}
