// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Which integers are numbers
library Digits {
    uint256 internal constant MIN_NUMBER = 10_000;
    uint256 internal constant MAX_NUMBER = 999_999_999_999_999;

    /// @dev Whether `number` has 5 to 15 decimal digits. So it fits 50 bits.
    function isNumber(uint256 number) internal pure returns (bool) {
        return number >= MIN_NUMBER && number <= MAX_NUMBER;
    }
}
