package esia

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kabinet/internal/outside/call"
)

// Level is how well ЕСИА knows somebody.
type Level string

// The levels.
const (
	Simplified Level = "simplified"
	Standard   Level = "standard"  // papers were compared with registers
	Confirmed  Level = "confirmed" // the person was seen
	Child      Level = "child"
)

// Person is somebody as ЕСИА knows them. What is "" was not passed on or is in
// no form that can be read.
type Person struct {
	OID     string
	Level   Level
	Methods []string // of signing in: PWD, DS

	Surname, Name, Patronymic string
	BirthDate                 string // 2000-05-26
	BirthPlace                string
	Sex                       string // M, F
	SNILS, INN                string // as written
	Passport                  Document
	Address                   string // of registration
	Phone, Email              string // verified ones only, as written
}

// Document is a passport.
type Document struct {
	Series, Number, IssuedBy string
	IssuedOn                 string // 2006-01-01
	Division                 string
}

// collection is how ЕСИА lists things.
type collection[T any] struct {
	Elements []T `json:"elements"`
}

// person is the answer about somebody. Everything that is not named is ignored.
type person struct {
	FirstName  string                 `json:"firstName"`
	LastName   string                 `json:"lastName"`
	MiddleName string                 `json:"middleName"`
	BirthDate  string                 `json:"birthDate"`
	BirthPlace string                 `json:"birthPlace"`
	Gender     string                 `json:"gender"`
	Trusted    bool                   `json:"trusted"`
	SNILS      string                 `json:"snils"`
	INN        string                 `json:"inn"`
	Contacts   collection[contact]    `json:"contacts"`
	Addresses  collection[address]    `json:"addresses"`
	Documents  collection[identified] `json:"documents"`
}

type contact struct {
	Type   string `json:"type"`
	Value  string `json:"value"`
	Status string `json:"vrfStu"`
}

type address struct {
	Type  string `json:"type"`
	Line  string `json:"addressStr"`
	House string `json:"house"`
	Flat  string `json:"flat"`
}

type identified struct {
	Type      string `json:"type"`
	Series    string `json:"series"`
	Number    string `json:"number"`
	IssueDate string `json:"issueDate"`
	IssueID   string `json:"issueId"`
	IssuedBy  string `json:"issuedBy"`
	Valid     *bool  `json:"fmsValid"`
	State     string `json:"fmsState"`
}

// refusedPassport are the states of a passport that is not to be relied on.
func (d identified) refused() bool {
	return d.Valid != nil && !*d.Valid || strings.HasSuffix(d.State, "_NOT_FOUND") || d.State == "PASSPORT_INVALID"
}

// person asks for the person's data.
func (c *Client) person(ctx context.Context, who identity, token string) (Person, error) {
	at := c.cfg.URL + c.cfg.Paths.Person + url.PathEscape(string(who.Subject)) + "?embed=(contacts.elements,addresses.elements,documents.elements)"
	a, err := c.caller.Get(ctx, at, http.Header{"Authorization": {"Bearer " + token}})
	if err != nil {
		return Person{}, err
	}
	if a.Status != http.StatusOK {
		return Person{}, fmt.Errorf("%w (it does not tell who it is: status %d)", call.ErrDown, a.Status)
	}
	var p person
	if err := a.JSON(&p); err != nil {
		return Person{}, err
	}
	return p.told(who), nil
}

// told puts both answers together.
func (p person) told(who identity) Person {
	out := Person{OID: string(who.Subject), Methods: who.Methods, Surname: p.LastName, Name: p.FirstName, Patronymic: p.MiddleName, BirthDate: day(p.BirthDate),
		BirthPlace: p.BirthPlace, Sex: p.Gender, SNILS: p.SNILS, INN: p.INN}
	checked := false
	for _, d := range p.Documents.Elements {
		if d.Type == "RF_PASSPORT" && !d.refused() {
			out.Passport = Document{d.Series, d.Number, d.IssuedBy, day(d.IssueDate), d.IssueID}
			checked = d.Valid != nil && *d.Valid
		}
	}
	for _, a := range p.Addresses.Elements {
		if a.Type == "PRG" {
			out.Address = a.line()
		}
	}
	for _, one := range p.Contacts.Elements {
		switch {
		case one.Status != "VERIFIED":
		case one.Type == "MBT":
			out.Phone = one.Value
		case one.Type == "EML":
			out.Email = one.Value
		}
	}
	out.Level = level(who, p.Trusted, p.SNILS != "" && checked)
	return out
}

// level is how well the person is known. Both the token and the data must say
// that somebody is confirmed.
func level(who identity, trusted, papers bool) Level {
	switch {
	case who.Holder.Level == "KD":
		return Child
	case who.Holder.Trusted && who.Holder.Level == "PR" && trusted:
		return Confirmed
	case papers:
		return Standard
	}
	return Simplified
}

func (a address) line() string {
	line := a.Line
	if a.House != "" {
		line += ", д. " + a.House
	}
	if a.Flat != "" {
		line += ", кв. " + a.Flat
	}
	return strings.TrimPrefix(line, ", ")
}

// day reads 26.05.2000.
func day(s string) string {
	t, err := time.Parse("02.01.2006", s)
	if err != nil {
		return ""
	}
	return t.Format(time.DateOnly)
}
