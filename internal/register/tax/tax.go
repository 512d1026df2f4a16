// Package tax asks the tax register what a person earned in a year.
//
// Protocol: POST {URL}/tax/v1/income-certificates, bearer token, JSON both
// ways. The register answers 200 with a status (found, not found, mismatch),
// 422 to a request that makes no sense. Everything else, also an answer that is
// not what the protocol says, counts as a partner that is unavailable.
package tax

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kabinet/internal/platform/fault"
)

// Errors of IncomeCertificate.
var (
	// ErrUnavailable: no answer, or none that can be trusted. Try again later with the same ID.
	ErrUnavailable = fault.New(fault.Unavailable, "register.tax_unavailable")
	// ErrRefused: the register does not take this request or our token. Trying
	// again does not help; somebody must look.
	ErrRefused = errors.New("tax register: request refused")
)

// maxAnswer is the longest answer that is read, in bytes.
const maxAnswer = 1 << 20

// Config of a client.
type Config struct {
	URL     string           // of the register, without a path: https://tax.example.test
	Token   string           // bearer token
	Timeout time.Duration    // of one question; 0: 10 s
	Now     func() time.Time // nil: time.Now
}

// Client asks the register. Its methods may be called at once.
type Client struct {
	url     string
	token   string
	http    http.Client
	breaker breaker
}

// New returns a client.
func New(c Config) *Client {
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Client{
		url: strings.TrimRight(c.URL, "/") + "/tax/v1/income-certificates", token: c.Token,
		http: http.Client{
			Timeout: c.Timeout,
			// The token goes to the register and nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		breaker: breaker{now: c.Now},
	}
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
// ErrUnavailable or ErrRefused. After five failures in a row it does not ask for
// half a minute and returns ErrUnavailable at once.
func (c *Client) IncomeCertificate(ctx context.Context, q Request) (Answer, error) {
	if !c.breaker.enter() {
		return Answer{}, fmt.Errorf("asking the tax register, request %s: %w (not asked: it failed several times)", q.ID, ErrUnavailable)
	}
	a, err := c.ask(ctx, q)
	// Who asks may lose patience; that says nothing about the register.
	c.breaker.leave(errors.Is(err, ErrUnavailable), ctx.Err() != nil)
	if err != nil {
		return Answer{}, fmt.Errorf("asking the tax register, request %s: %w", q.ID, err)
	}
	return a, nil
}

func (c *Client) ask(ctx context.Context, q Request) (Answer, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return Answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return Answer{}, fmt.Errorf("%w (%w)", ErrUnavailable, withoutURL(err))
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return Answer{}, fmt.Errorf("%w (%w)", ErrUnavailable, err)
	case len(answer) > maxAnswer:
		return Answer{}, fmt.Errorf("%w (the answer is over %d bytes)", ErrUnavailable, maxAnswer)
	case resp.StatusCode == http.StatusOK:
		return read(answer, q)
	case resp.StatusCode >= 400 && resp.StatusCode < 500 &&
		resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusRequestTimeout:
		return Answer{}, fmt.Errorf("%w with status %d", ErrRefused, resp.StatusCode)
	default:
		return Answer{}, fmt.Errorf("%w (status %d)", ErrUnavailable, resp.StatusCode)
	}
}

// withoutURL drops the address that http.Client puts before an error: it is in the configuration.
func withoutURL(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// read decodes an answer and returns ErrUnavailable when it is not one to q.
// Errors of the decoder are left out: they may quote the answer.
func read(body []byte, q Request) (a Answer, err error) {
	if json.Unmarshal(body, &a) != nil {
		return Answer{}, fmt.Errorf("%w (the answer is not the JSON of the protocol)", ErrUnavailable)
	}
	if flaw := a.flaw(q); flaw != "" {
		return Answer{}, fmt.Errorf("%w (the answer makes no sense: %s)", ErrUnavailable, flaw)
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
