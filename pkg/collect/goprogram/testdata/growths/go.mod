module growths

go 1.18
