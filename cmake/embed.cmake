# cmake -DIN=file -DOUT=file.cpp -DSYMBOL=name -P embed.cmake: one C string per line, since compilers limit a literal's length.
file(READ "${IN}" text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n\"" text "${text}")
file(WRITE "${OUT}" "extern const char ${SYMBOL}[];\nconst char ${SYMBOL}[] =\n\"${text}\";\n")
