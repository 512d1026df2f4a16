// Package tax asks the tax register what a person earned in a year, and for a
// person's ИНН.
//
// Protocol: POST {URL}/tax/v1/income-certificates and /tax/v1/numbers, bearer token, JSON both
// ways. The register answers 200 with a status (found, not found, mismatch),
// 422 to a request that makes no sense. Everything else, also an answer that is
// not what the protocol says, counts as a partner that is unavailable.
package tax

import (
	"context"

	"kabinet/internal/platform/fault"
	"kabinet/internal/register"
)

// ErrUnavailable: no answer, or none that can be trusted. Try again later with the same ID.
var ErrUnavailable = fault.New(fault.Unavailable, "register.tax_unavailable")

// Client asks the register. Its methods may be called at once.
type Client struct{ partner *register.Partner }

// New returns a client.
func New(c register.Config) *Client {
	return &Client{register.NewPartner("tax register", c, ErrUnavailable)}
}

// Number asks for the ИНН of the holder of a passport. request is an ID made by
// the caller. It returns ErrUnavailable and
// register.ErrRefused.
func (c *Client) Number(ctx context.Context, request string, s register.Subject) (register.Check, error) {
	return c.partner.Check(ctx, "/tax/v1/numbers", request, register.Subject{Surname: s.Surname, Name: s.Name, Patronymic: s.Patronymic,
		BirthDate: s.BirthDate, PassportSeries: s.PassportSeries, PassportNumber: s.PassportNumber})
}

// Request says whose income of which year is asked for. At least one of INN,
// SNILS and Passport is needed; what is empty is not compared, but for the
// patronymic.
type Request struct {
	ID         string   `json:"requestId"` // up to 100 characters; the same ID gets the same answer
	INN        string   `json:"inn"`       // 12 digits
	SNILS      string   `json:"snils"`     // 11 digits
	Surname    string   `json:"surname"`
	Name       string   `json:"name"`
	Patronymic string   `json:"patronymic"`
	BirthDate  string   `json:"birthDate"` // 1991-03-14
	Passport   Passport `json:"passport"`
	Year       int      `json:"year"` // from 2016 to this one, of which only the months that are over are told
}

// Passport of the Russian Federation.
type Passport struct {
	Series string `json:"series"` // 4 digits
	Number string `json:"number"` // 6 digits
}

// Status is what the register made of a request.
type Status string

const (
	Found    Status = "found"     // Agents and Totals say what is known, possibly no income at all
	NotFound Status = "not_found" // no such person
	Mismatch Status = "mismatch"  // the person is there, but Fields are different
)

// Answer of the register.
type Answer struct {
	ID     string   `json:"requestId"`
	Status Status   `json:"status"`
	Fields []string `json:"fields"` // names as in the JSON of Request
	Agents []Agent  `json:"agents"`
	Totals Totals   `json:"totals"`
}

// Agent is an employer, or whoever else paid.
type Agent struct {
	Name   string   `json:"name"`
	INN    string   `json:"inn"`
	KPP    string   `json:"kpp"`
	Income []Income `json:"income"`
	Totals
}

// Income is what was paid under one code in one month.
type Income struct {
	Month   int    `json:"month"` // 1–12
	Code    string `json:"code"`  // kind of income: 2000 wage, 2012 leave pay …
	Kopecks int64  `json:"kopecks"`
}

// Totals of a year.
type Totals struct {
	IncomeKopecks int64 `json:"incomeKopecks"`
	TaxKopecks    int64 `json:"taxKopecks"` // calculated and kept
}

// IncomeCertificate asks for a person's income of a year. It returns
// ErrUnavailable or register.ErrRefused. After five failures in a row it does not ask for
// half a minute and returns ErrUnavailable at once.
func (c *Client) IncomeCertificate(ctx context.Context, q Request) (Answer, error) {
	var a Answer
	err := c.partner.Ask(ctx, register.Question{ID: q.ID, Path: "/tax/v1/income-certificates", Body: q, Flaw: func() string { return a.flaw(q) }}, &a)
	if err != nil {
		return Answer{}, err
	}
	return a, nil
}

// flaw says what is wrong with an answer to q, "" when nothing is. A document is
// made of it: sums that do not add up must not reach a person.
func (a Answer) flaw(q Request) string {
	switch {
	case a.ID != q.ID:
		return "it is to another request"
	case a.Status == Mismatch && len(a.Fields) == 0:
		return "a mismatch of nothing"
	case a.Status == Mismatch, a.Status == NotFound:
		return ""
	case a.Status != Found:
		return "unknown status"
	}
	var all Totals
	for _, agent := range a.Agents {
		var sum int64
		for _, in := range agent.Income {
			if in.Month < 1 || in.Month > 12 || in.Kopecks < 0 || in.Code == "" {
				return "an income without month, code or sum"
			}
			sum += in.Kopecks
		}
		if sum != agent.IncomeKopecks || agent.Name == "" {
			return "an agent without a name, or whose sum is not that of the months"
		}
		all.IncomeKopecks += agent.IncomeKopecks
		all.TaxKopecks += agent.TaxKopecks
	}
	if all != a.Totals || a.Totals.TaxKopecks < 0 {
		return "the totals are not those of the agents"
	}
	return ""
}
