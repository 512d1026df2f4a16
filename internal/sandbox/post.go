package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Letter is a letter on paper that the post office prints and carries.
type Letter struct {
	ID        string    `json:"id"`   // made by the client; the second order with it is the first one again
	Name      string    `json:"name"` // of who gets it
	Address   string    `json:"address"`
	Text      string    `json:"text"`
	Time      time.Time `json:"time"`                // of the order
	Delivered time.Time `json:"delivered,omitempty"` // zero: on its way
}

// State is what the post office says of the letter.
func (l Letter) State() string {
	if l.Delivered.IsZero() {
		return "in_transit"
	}
	return "delivered"
}

// Letters returns all letters, newest first.
func (s *Sandbox) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Letter{}
	for _, l := range slices.Backward(s.letters) {
		list = append(list, *l)
	}
	return list
}

// keepLetter adds a letter or changes the one with its ID; the caller holds s.mu.
func (s *Sandbox) keepLetter(l *Letter) {
	if i := slices.IndexFunc(s.letters, func(other *Letter) bool { return other.ID == l.ID }); i >= 0 {
		s.letters[i] = l
		return
	}
	s.letters = append(s.letters, l)
	if len(s.letters) > maxKept {
		s.letters = slices.Delete(s.letters, 0, 1)
	}
}

// letterByID returns nil for none; the caller holds s.mu.
func (s *Sandbox) letterByID(id string) *Letter {
	for _, l := range s.letters {
		if l.ID == id {
			return l
		}
	}
	return nil
}

type letterState struct {
	ID    string `json:"id"`
	State string `json:"state"` // in_transit, delivered
}

// orderLetter is POST /post/v1/letters.
func (s *Sandbox) orderLetter(w http.ResponseWriter, r *http.Request) {
	var l Letter
	if !readJSON(w, r, &l) {
		return
	}
	var wrong []string
	if l.ID == "" || len(l.ID) > 100 {
		wrong = append(wrong, "id")
	}
	for name, v := range map[string]string{"name": l.Name, "address": l.Address, "text": l.Text} {
		if n := utf8.RuneCountInString(v); strings.TrimSpace(v) == "" || n > 4000 {
			wrong = append(wrong, name)
		}
	}
	if wrong != nil {
		slices.Sort(wrong)
		writeJSON(w, http.StatusUnprocessableEntity, problem{"bad_request", wrong})
		return
	}
	l.Time, l.Delivered = s.now().UTC(), time.Time{}
	s.mu.Lock()
	known := s.letterByID(l.ID)
	var err error
	if known == nil {
		err = s.add(record{Letter: &l})
		known = &l
	}
	answer, same := letterState{known.ID, known.State()}, known.Name == l.Name && known.Address == l.Address && known.Text == l.Text
	s.mu.Unlock()
	switch {
	case err != nil:
		writeJSON(w, http.StatusInternalServerError, problem{"not_kept", nil})
	case !same:
		writeJSON(w, http.StatusConflict, problem{"id_used_for_another_letter", nil})
	default:
		writeJSON(w, http.StatusAccepted, answer)
	}
}

// stateOfLetter is GET /post/v1/letters/{id}.
func (s *Sandbox) stateOfLetter(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.letterByID(r.PathValue("id"))
	if l == nil {
		writeJSON(w, http.StatusNotFound, problem{"not_found", nil})
		return
	}
	writeJSON(w, http.StatusOK, letterState{l.ID, l.State()})
}

// lettersJSON lists letters to a name or address that holds the parameter to,
// newest first.
func (s *Sandbox) lettersJSON(w http.ResponseWriter, r *http.Request) {
	to := fold(r.FormValue("to"))
	writeJSON(w, http.StatusOK, slices.DeleteFunc(s.Letters(), func(l Letter) bool {
		return !strings.Contains(fold(l.Name), to) && !strings.Contains(fold(l.Address), to)
	}))
}

func (s *Sandbox) postPage(w http.ResponseWriter, r *http.Request) {
	all := s.Letters()
	s.show(w, r, http.StatusOK, "post", PartnerPost, "post.title", all[:min(len(all), shown)])
}

// deliver is the button that brings a letter to its address.
func (s *Sandbox) deliver(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	l := s.letterByID(r.PathValue("id"))
	var err error
	if l != nil && l.Delivered.IsZero() {
		there := *l
		there.Delivered = s.now().UTC()
		err = s.add(record{Letter: &there})
	}
	s.mu.Unlock()
	switch {
	case l == nil:
		s.missingPage(w, r)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		http.Redirect(w, r, withLang("/post", langOf(r)), http.StatusSeeOther)
	}
}
