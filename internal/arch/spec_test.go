package arch

import (
	"testing"

	"kabinet/internal/arch/spec"
)

const root = "../.."

func TestRequirementsOnceProvedStayProved(t *testing.T) {
	t.Parallel()
	all, err := spec.Requirements(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 598 {
		t.Errorf("%d requirements are left of 598: IDs are stable, none is removed", len(all))
	}
	known := map[string]bool{}
	for _, r := range all {
		known[r.ID] = true
	}
	proofs, faults, err := spec.Proofs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
	for id, tests := range proofs {
		if !known[id] {
			t.Errorf("%s proves %s, which is no requirement", tests[0], id)
		}
	}
	once, err := spec.Ratchet(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range once {
		if len(proofs[id]) == 0 {
			t.Errorf("%s was proved once and no test proves it any more: bring the test back", id)
		}
	}
}
