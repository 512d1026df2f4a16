package register

import (
	"context"
	"fmt"
)

// Subject is whose papers are looked up.
type Subject struct {
	Surname, Name, Patronymic string // Patronymic "" when there is none
	BirthDate                 string // 1991-03-14
	PassportSeries            string // 4 digits
	PassportNumber            string // 6 digits
	PassportIssuedOn          string // 2011-03-20
	DivisionCode              string // 6 digits; "" is not compared
	SNILS                     string // 11 digits; "" when it is not known
}

// Verdict is what a register made of the papers.
type Verdict string

// The verdicts. All but Match and Mismatch come without more.
const (
	Match    Verdict = "valid"
	Mismatch Verdict = "mismatch" // the paper is there, but Check.Fields are different
	NotFound Verdict = "not_found"
	Expired  Verdict = "expired"           // the passport should have been exchanged
	Invalid  Verdict = "invalid"           // the passport was lost, stolen or cancelled
	Another  Verdict = "issued_to_another" // the number is somebody else's
	Dead     Verdict = "dead"              // the holder died
)

// Check is the answer of a register of papers.
type Check struct {
	Verdict Verdict  `json:"status"`
	Fields  []string `json:"fields,omitempty"`  // of a Mismatch: surname, name, patronymic, birthDate, issuedOn, divisionCode
	Address string   `json:"address,omitempty"` // where the person is registered; passport register, on a Match
	INN     string   `json:"inn,omitempty"`     // 12 digits; tax register, on a Match
}

// question is the body of a request of all these registers.
type question struct {
	RequestID    string `json:"requestId"`
	Surname      string `json:"surname"`
	Name         string `json:"name"`
	Patronymic   string `json:"patronymic,omitempty"`
	BirthDate    string `json:"birthDate"`
	Series       string `json:"series,omitempty"`
	Number       string `json:"number,omitempty"`
	IssuedOn     string `json:"issuedOn,omitempty"`
	DivisionCode string `json:"divisionCode,omitempty"`
	SNILS        string `json:"snils,omitempty"`
}

type verdict struct {
	RequestID string `json:"requestId"`
	Check
}

func (v *verdict) flaw(request string) string {
	switch {
	case v.RequestID != request:
		return "it is to another request"
	case v.Verdict == Mismatch && len(v.Fields) == 0:
		return "a mismatch of nothing"
	}
	switch v.Verdict {
	case Match, Mismatch, NotFound, Expired, Invalid, Another, Dead:
		return ""
	}
	return "unknown status"
}

// Check asks a register of papers at path about a subject. It returns what Ask
// does.
func (p *Partner) Check(ctx context.Context, path, request string, s Subject) (Check, error) {
	var v verdict
	err := p.Ask(ctx, Question{ID: request, Path: path, Flaw: func() string { return v.flaw(request) }, Body: question{
		RequestID: request, Surname: s.Surname, Name: s.Name, Patronymic: s.Patronymic, BirthDate: s.BirthDate, Series: s.PassportSeries,
		Number: s.PassportNumber, IssuedOn: s.PassportIssuedOn, DivisionCode: s.DivisionCode, SNILS: s.SNILS,
	}}, &v)
	if err != nil {
		return Check{}, fmt.Errorf("checking papers: %w", err)
	}
	return v.Check, nil
}
