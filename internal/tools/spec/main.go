// Command spec prints each requirement with the tests that prove it:
//
//	go run ./internal/tools/spec            what is proved, and how many of each area
//	go run ./internal/tools/spec -all       also what is not
//	go run ./internal/tools/spec -update    write docs/requirements/proved.txt
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"kabinet/internal/arch/spec"
)

func main() {
	all := flag.Bool("all", false, "also print requirements that no test proves")
	update := flag.Bool("update", false, "add what is proved now to docs/requirements/proved.txt")
	flag.Parse()
	if err := run(os.Stdout, ".", *all, *update); err != nil {
		fmt.Fprintln(os.Stderr, "spec:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, root string, all, update bool) error {
	requirements, err := spec.Requirements(root)
	if err != nil {
		return err
	}
	proofs, faults, err := spec.Proofs(root)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d bad claims:\n%s", len(faults), strings.Join(faults, "\n"))
	}
	if update {
		return ratchet(w, root, requirements, proofs)
	}
	var areas []string
	count, proved := map[string]int{}, map[string]int{}
	for _, r := range requirements {
		if count[r.Area] == 0 {
			areas = append(areas, r.Area)
		}
		count[r.Area]++
		if len(proofs[r.ID]) > 0 {
			proved[r.Area]++
		} else if !all {
			continue
		}
		fmt.Fprintf(w, "%-6s %s\n", r.ID, short(r.Text, 140))
		for _, t := range proofs[r.ID] {
			fmt.Fprintf(w, "         %s\n", t)
		}
	}
	fmt.Fprintln(w)
	total := 0
	for _, a := range areas {
		fmt.Fprintf(w, "%4d of %4d  %s\n", proved[a], count[a], a)
		total += proved[a]
	}
	fmt.Fprintf(w, "%4d of %4d  in all\n", total, len(requirements))
	return nil
}

// ratchet adds what is proved now to what was proved before; it takes nothing away.
func ratchet(w io.Writer, root string, requirements []spec.Requirement, proofs map[string][]spec.Test) error {
	ids, err := spec.Ratchet(root)
	if err != nil {
		return err
	}
	before := len(ids)
	for _, r := range requirements {
		if len(proofs[r.ID]) > 0 {
			ids = append(ids, r.ID)
		}
	}
	if err := spec.WriteRatchet(root, ids); err != nil {
		return err
	}
	after, err := spec.Ratchet(root)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d requirements are held now, %d more than before\n", len(after), len(after)-before)
	return nil
}

// short cuts a text to n runes at most.
func short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
