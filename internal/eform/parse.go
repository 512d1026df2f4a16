package eform

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
)

// Parse reads a file that holds a form and nothing else. Files of services
// embed a Form instead and decode themselves, with yaml.Strict().
func Parse(file []byte) (*Form, []Issue) {
	var f Form
	if err := yaml.NewDecoder(bytes.NewReader(file), yaml.Strict()).Decode(&f); err != nil {
		return nil, []Issue{YAMLIssue(err, formKeys())}
	}
	return &f, nil
}

func formKeys() []string {
	return strings.Fields("steps examples id title hint when minutes fields kind label missing required check least most max default prefill editable" +
		" autocomplete width options types size row add value as text that say ru en name today facts given expect errors shown hidden values")
}

var quoted = regexp.MustCompile(`"([^"]+)"`)

// YAMLIssue turns an error of goccy/go-yaml into an issue with its place. known
// are the keys to guess from when a key is misspelt.
func YAMLIssue(err error, known []string) Issue {
	var at yaml.Error
	if !errors.As(err, &at) {
		return Issue{Path: "file", What: err.Error()}
	}
	issue := Issue{Path: "file", What: at.GetMessage()}
	if t := at.GetToken(); t != nil {
		issue.Line, issue.Column = t.Position.Line, t.Position.Column
	}
	var unknown *yaml.UnknownFieldError
	var twice *yaml.DuplicateKeyError
	var kind *yaml.TypeError
	switch {
	case errors.As(err, &unknown):
		issue.Advice = "Remove it"
		if m := quoted.FindStringSubmatch(at.GetMessage()); m != nil {
			issue.What = fmt.Sprintf("the key %q means nothing here", m[1])
			if near := nearest(m[1], known); near != "" {
				issue.Advice = fmt.Sprintf("Did you mean %q? Else remove it", near)
			}
		}
	case errors.As(err, &twice):
		issue.Advice = "Keep one of the two"
	case errors.As(err, &kind):
		issue.Advice = "Write a value of the kind that belongs here; texts are {ru: …, en: …}"
	default:
		issue.Advice = "Check the indentation; put texts with «: », « #» or a leading «!» in quotes"
	}
	return issue
}
