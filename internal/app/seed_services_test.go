package app

import (
	"os"
	"testing"

	"kabinet/internal/catalogue"
)

func TestSeededServicesAreWithoutFaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := writeServices(dir, 60); err != nil {
		t.Fatal(err)
	}
	for _, issue := range catalogue.Lint(os.DirFS(dir), known()) {
		t.Error(issue)
	}
	if run, differ := catalogue.Test(t.Context(), os.DirFS(dir)); run < 60 || len(differ) > 0 {
		t.Errorf("%d examples, differ: %v", run, differ)
	}
}
