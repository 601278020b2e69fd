"""An answer in the forms that others read: schema, footnotes, the explanation of why."""
