package sandbox

import (
	"mime"
	"net/http"
	"slices"
)

// holder is a person of the page where the registers' answers are set.
type holder struct {
	Payer
	State State
}

type registersPage struct {
	Saved                       string // ID of the person who was just changed
	People                      []holder
	Passport, Pension, TaxAbout []string
}

func (s *Sandbox) registersPage(w http.ResponseWriter, r *http.Request) {
	p := registersPage{Saved: r.URL.Query().Get("saved"), Passport: passportStates, Pension: pensionStates, TaxAbout: taxStates}
	s.mu.Lock()
	for _, one := range slices.Backward(s.people) {
		if p.People = append(p.People, holder{*one, s.stateOf(one.ID)}); len(p.People) == shown {
			break
		}
	}
	s.mu.Unlock()
	s.show(w, r, http.StatusOK, "registers", "registers", "registers.title", p)
}

// switchState takes JSON from tests and a form from the page.
func (s *Sandbox) switchState(w http.ResponseWriter, r *http.Request) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	fromPage := kind == "application/x-www-form-urlencoded"
	var st State
	if fromPage {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		st = State{r.PostFormValue("person"), r.PostFormValue("passport"), r.PostFormValue("pension"), r.PostFormValue("tax")}
	} else if !readJSON(w, r, &st) {
		return
	}
	ok, err := s.SetState(st)
	switch {
	case err != nil:
		writeJSON(w, http.StatusInternalServerError, problem{"not_kept", nil})
	case !ok:
		writeJSON(w, http.StatusUnprocessableEntity, problem{"bad_request", []string{"person", "passport", "pension", "tax"}})
	case fromPage:
		http.Redirect(w, r, withLang("/registers?saved="+st.Person+"#person-"+st.Person, langOf(r)), http.StatusSeeOther)
	default:
		writeJSON(w, http.StatusOK, st)
	}
}
