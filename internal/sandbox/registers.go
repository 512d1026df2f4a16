package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// State is what the registers of papers say of a person, whatever their data
// are: the visitor sets it to see what the portal makes of it. Empty fields are
// StateValid.
type State struct {
	Person   string `json:"person"` // Payer.ID
	Passport string `json:"passport,omitempty"`
	Pension  string `json:"pension,omitempty"`
	Tax      string `json:"tax,omitempty"`
}

// What a register can say of a person.
const (
	StateValid   = "valid"     // the data are compared as they are
	StateMissing = "missing"   // nobody such
	StateSurname = "surname"   // another surname is known
	StateBirth   = "birthDate" // another birth date is known
	StateIssued  = "issuedOn"  // another day of issue is known
	StateExpired = "expired"   // the passport should have been exchanged
	StateInvalid = "invalid"   // the passport was lost, stolen or cancelled
	StateOther   = "other"     // the number belongs to somebody else
	StateDead    = "dead"      // the holder died
)

// passportStates, pensionStates and taxStates are what can be set, in the order
// of the page.
var (
	passportStates = []string{StateValid, StateMissing, StateSurname, StateBirth, StateIssued, StateExpired, StateInvalid, StateOther, StateDead}
	pensionStates  = []string{StateValid, StateMissing, StateSurname, StateBirth, StateDead}
	taxStates      = []string{StateValid, StateMissing}
)

// wrong reports whether a state cannot be set.
func (st State) wrong() bool {
	known := func(v string, all []string) bool { return v == "" || slices.Contains(all, v) }
	return !known(st.Passport, passportStates) || !known(st.Pension, pensionStates) || !known(st.Tax, taxStates)
}

// stateOf returns what is set for a person; the caller holds s.mu.
func (s *Sandbox) stateOf(person string) State {
	st := s.states[person]
	for _, v := range []*string{&st.Passport, &st.Pension, &st.Tax} {
		if *v == "" {
			*v = StateValid
		}
	}
	st.Person = person
	return st
}

// SetState makes the registers say something else of a person, who is known by
// the ID or by the СНИЛС. It returns false when there is no such person or state.
func (s *Sandbox) SetState(st State) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.people, func(p *Payer) bool {
		return p.ID == st.Person || len(digits(st.Person)) == 11 && p.Person.SNILS == digits(st.Person)
	})
	if i < 0 || st.wrong() {
		return false, nil
	}
	st.Person = s.people[i].ID
	return true, s.add(record{State: &st})
}

// checked is a question to one of the registers of papers.
type checked struct {
	RequestID    string `json:"requestId"`
	Surname      string `json:"surname"`
	Name         string `json:"name"`
	Patronymic   string `json:"patronymic"`
	BirthDate    string `json:"birthDate"`    // 1991-03-14
	Series       string `json:"series"`       // passport: 4 digits
	Number       string `json:"number"`       // passport: 6 digits
	IssuedOn     string `json:"issuedOn"`     // passport: 2011-03-20
	DivisionCode string `json:"divisionCode"` // passport: 6 digits; "" is not compared
	SNILS        string `json:"snils"`        // pension: 11 digits
}

// verdict is the answer 200 of these registers.
type verdict struct {
	RequestID string   `json:"requestId"`
	Status    string   `json:"status"`           // valid, mismatch, not_found, expired, invalid, issued_to_another, dead
	Fields    []string `json:"fields,omitempty"` // of a mismatch, named as in the request
	Address   string   `json:"address,omitempty"`
	INN       string   `json:"inn,omitempty"`
}

// said turns a set state into the answer, false when the data are to be compared.
func said(state string) (verdict, bool) {
	switch state {
	case StateMissing:
		return verdict{Status: "not_found"}, true
	case StateSurname, StateBirth, StateIssued:
		return verdict{Status: "mismatch", Fields: []string{state}}, true
	case StateExpired, StateInvalid, StateDead:
		return verdict{Status: state}, true
	case StateOther:
		return verdict{Status: "issued_to_another"}, true
	}
	return verdict{}, false
}

// wrong names the fields of a question that make no sense.
func (q checked) wrong() (fields []string) {
	check := func(ok bool, field string) {
		if !ok {
			fields = append(fields, field)
		}
	}
	check(q.RequestID != "" && len(q.RequestID) <= 100, "requestId")
	check(strings.TrimSpace(q.Surname) != "", "surname")
	check(strings.TrimSpace(q.Name) != "", "name")
	check(validDate(q.BirthDate), "birthDate")
	check(q.IssuedOn == "" || validDate(q.IssuedOn), "issuedOn")
	check(q.SNILS == "" || validSNILS(q.SNILS), "snils")
	return fields
}

// differs names the fields that are not as the register knows them.
func (q checked) differs(p Person) (fields []string) {
	for _, f := range []struct{ name, asked, known string }{
		{"surname", fold(q.Surname), fold(p.Surname)},
		{"name", fold(q.Name), fold(p.Name)},
		{"patronymic", fold(q.Patronymic), fold(p.Patronymic)},
		{"birthDate", q.BirthDate, p.BirthDate},
		{"issuedOn", q.IssuedOn, p.IssuedOn},
		{"divisionCode", q.DivisionCode, p.DivisionCode},
	} {
		optional := f.name == "issuedOn" || f.name == "divisionCode"
		if f.asked != f.known && (!optional || f.asked != "" && f.known != "") {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// register is one of the registers of papers.
type register struct {
	find   func(checked, Person) bool // is this the person that the question names
	state  func(State) string         // what was set for the register
	papers bool                       // it knows more of a passport than its number
	answer func(*verdict, Person)     // what a match tells besides
}

func (s *Sandbox) checks(reg register) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q checked
		if !readJSON(w, r, &q) {
			return
		}
		q.Series, q.Number, q.SNILS, q.DivisionCode = digits(q.Series), digits(q.Number), digits(q.SNILS), digits(q.DivisionCode)
		if wrong := q.wrong(); wrong != nil {
			writeJSON(w, http.StatusUnprocessableEntity, problem{"bad_request", wrong})
			return
		}
		s.mu.Lock()
		v := s.look(q, reg)
		s.mu.Unlock()
		v.RequestID = q.RequestID
		writeJSON(w, http.StatusOK, v)
	}
}

// look decides an answer; the caller holds s.mu.
func (s *Sandbox) look(q checked, reg register) verdict {
	i := slices.IndexFunc(s.people, func(p *Payer) bool { return reg.find(q, p.Person) })
	if i < 0 {
		return verdict{Status: "not_found"}
	}
	p := s.people[i]
	if v, set := said(reg.state(s.stateOf(p.ID))); set {
		return v
	}
	if !reg.papers {
		q.IssuedOn, q.DivisionCode = "", ""
	}
	if fields := q.differs(p.Person); fields != nil {
		return verdict{Status: "mismatch", Fields: fields}
	}
	v := verdict{Status: "valid"}
	if reg.answer != nil {
		reg.answer(&v, p.Person)
	}
	return v
}

// passportCheck is POST /passport/v1/checks.
func (s *Sandbox) passportCheck() http.HandlerFunc {
	return s.checks(register{
		find: byPassport, state: func(st State) string { return st.Passport }, papers: true,
		answer: func(v *verdict, p Person) {
			v.Address = p.Address
			if outdated(p, s.now()) {
				*v = verdict{Status: "expired"}
			}
		},
	})
}

func byPassport(q checked, p Person) bool {
	return p.PassportNumber != "" && q.Series == p.PassportSeries && q.Number == p.PassportNumber
}

// outdated reports whether a passport should have been exchanged: at 20 and at
// 45, with 90 days to do it. Source: domain 1.7.
func outdated(p Person, now time.Time) bool {
	born, err := time.Parse(time.DateOnly, p.BirthDate)
	if err != nil || p.IssuedOn == "" {
		return false
	}
	for _, age := range []int{20, 45} {
		day := born.AddDate(age, 0, 0)
		if p.IssuedOn < day.Format(time.DateOnly) && now.After(day.AddDate(0, 0, 90)) {
			return true
		}
	}
	return false
}

// pensionCheck is POST /pension/v1/insured.
func (s *Sandbox) pensionCheck() http.HandlerFunc {
	return s.checks(register{
		find:  func(q checked, p Person) bool { return q.SNILS != "" && q.SNILS == p.SNILS },
		state: func(st State) string { return st.Pension },
	})
}

// taxNumber is POST /tax/v1/numbers: the ИНН of who holds a passport.
func (s *Sandbox) taxNumber() http.HandlerFunc {
	return s.checks(register{
		find: byPassport, state: func(st State) string { return st.Tax },
		answer: func(v *verdict, p Person) { v.INN = p.INN },
	})
}
